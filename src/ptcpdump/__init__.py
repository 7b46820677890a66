"""tcpdump with the process, container and pod of every packet, as a library."""

__version__ = "0.1.0"
__all__ = ["__version__"]
