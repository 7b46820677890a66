class PacketFilter:
    """A filter over packets; the base class lets every packet pass."""
