"""All that touches the running kernel: object loading, probes, links, the ring buffer, and the BPF programs."""
