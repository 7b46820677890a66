"""`--version`: of this package and of the libraries under it."""

import ptcpdump
from ptcpdump.cli import say
from ptcpdump.cli.options import Options


def lines() -> list[str]:
    """One line a component, ours first."""
    from ptcpdump.filters import pcap  # noqa: PLC0415  loads libpcap
    from ptcpdump.kernel.bindings import object as libbpf  # noqa: PLC0415  loads libbpf

    return [
        f"ptcpdump version {ptcpdump.__version__}",
        pcap.library_version(),
        f"libbpf version {libbpf.library_version()}",
    ]


def run(_: Options) -> int:
    """Print the versions."""
    say.show(*lines())
    return 0
