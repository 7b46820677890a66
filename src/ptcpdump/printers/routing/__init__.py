"""Printers of routing protocols."""
