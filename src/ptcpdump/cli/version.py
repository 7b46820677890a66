"""`--version`: of this package and of the libraries under it."""

import ptcpdump
from ptcpdump.cli.options import Options


def lines() -> list[str]:
    """One line a component, ours first."""
    from ptcpdump.filters.pcap import library_version  # noqa: PLC0415  loads libpcap

    return [f"ptcpdump version {ptcpdump.__version__}", library_version(), f"libbpf version {_libbpf()}"]


def run(_: Options) -> int:
    """Print the versions."""
    print("\n".join(lines()))
    return 0


def _libbpf() -> str:
    import ctypes  # noqa: PLC0415  only for --version: not worth an extension module

    library = ctypes.CDLL("libbpf.so.1")
    library.libbpf_version_string.restype = ctypes.c_char_p
    text: bytes = library.libbpf_version_string()
    return text.decode().removeprefix("v")
