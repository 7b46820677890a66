"""Filters: pcap-filter(7) expressions, their way into the kernel, and filters by owner."""
