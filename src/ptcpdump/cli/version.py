"""`--version`: of this package and of the libraries under it."""

import ptcpdump
from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.lazy import lazy_modules

with lazy_modules:
    from ptcpdump.filters import pcap
    from ptcpdump.kernel.bindings import object as libbpf


def lines() -> list[str]:
    """One line a component, ours first."""
    return [
        f"ptcpdump version {ptcpdump.__version__}",
        pcap.library_version(),
        f"libbpf version {libbpf.library_version()}",
    ]


def run(_: Options) -> int:
    """Print the versions."""
    say.show(*lines())
    return 0
