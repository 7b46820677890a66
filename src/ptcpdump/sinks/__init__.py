"""Where records go: text, pcapng, pcap. Only this package writes output."""
