"""Interfaces, network namespaces, addresses and their names."""
