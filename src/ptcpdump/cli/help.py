"""`-h`: versions and flags."""

import shutil

from ptcpdump.cli import say, usage, version
from ptcpdump.cli.options import Options


def run(_: Options) -> int:
    """Print them."""
    columns = shutil.get_terminal_size((100, 24)).columns
    say.show(*version.lines(), *usage.help_text(columns).splitlines())
    return 0
