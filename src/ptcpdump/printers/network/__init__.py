"""Printers of the network layer."""
