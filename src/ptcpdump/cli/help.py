"""`-h`: versions and flags."""

from ptcpdump.cli import say, usage, version
from ptcpdump.cli.options import Options


def run(_: Options) -> int:
    """Print them."""
    say.show(*version.lines(), *usage.help_text().splitlines())
    return 0
