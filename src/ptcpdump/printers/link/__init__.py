"""Printers of the link layer."""
