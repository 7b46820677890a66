"""`-h`: versions and flags."""

from ptcpdump.cli import usage, version
from ptcpdump.cli.options import Options


def run(_: Options) -> int:
    """Print them."""
    print("\n".join(version.lines()))
    print(usage.help_text(), end="")
    return 0
