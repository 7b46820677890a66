"""Printers of applications' protocols."""
