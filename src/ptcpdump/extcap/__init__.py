"""Live in Wireshark: the protocol by which it asks for interfaces and starts captures (extcap(4))."""
