"""Printers of protocols by which hosts and networks are managed."""
