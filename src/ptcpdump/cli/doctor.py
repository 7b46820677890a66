"""`--doctor`: what this kernel allows, and what is lost without the rest."""

import os

from ptcpdump.cli import say
from ptcpdump.cli.options import Options

_MARKS = {True: "yes", False: "no ", None: "?  "}


def run(options: Options) -> int:
    """Print a line for each capability and hook: there or not, what for or why not, since which kernel."""
    from ptcpdump.kernel.loading.report import outlook, report  # noqa: PLC0415  loads libbpf
    from ptcpdump.run.preparation import missing_privileges  # noqa: PLC0415

    missing = missing_privileges()
    found = (outlook if missing else report)(options.kernel_btf or None)
    system = os.uname()
    say.show(f"{system.sysname} {system.release} on {system.machine}")
    width = max(len(probe.name) for probe in found)
    for probe in found:
        since = f" (since Linux {probe.since})" if probe.since else ""
        say.show(f"{_MARKS[probe.available]}  {probe.name:{width}}  {probe.detail}{since}")
    if missing:
        say.show(f"What is marked with ? can be tried with {', '.join(missing)} only: run it as root.")
    return 0
