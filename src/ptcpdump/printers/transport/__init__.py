"""Printers of the transport layer."""
