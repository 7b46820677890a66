"""Printers of protocols that carry other packets."""
