"""`--doctor`: what this kernel allows, and what is lost without the rest."""

import os

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.lazy import lazy_modules

with lazy_modules:
    from ptcpdump.kernel.loading import report
    from ptcpdump.kernel.owners import unknown
    from ptcpdump.run import preparation

_MARKS = {True: "yes", False: "no ", None: "?  "}


def run(options: Options) -> int:
    """Print a line for each capability and hook: there or not, what for or why not, since which kernel. Then what is
    not known of packets here, with which backends."""
    missing = preparation.missing_privileges()
    found = (report.outlook if missing else report.report)(options.kernel_btf or None)
    system = os.uname()
    say.show(f"{system.sysname} {system.release} on {system.machine}")
    width = max(len(probe.name) for probe in found)
    for probe in found:
        since = f" (since Linux {probe.since})" if probe.since else ""
        say.show(f"{_MARKS[probe.available]}  {probe.name:{width}}  {probe.detail}{since}")
    say.show("Not known on this kernel, whatever it allows:")
    for each in unknown.here():
        say.show(f"  {each.what} ({each.names})")
    if missing:
        say.show(f"What is marked with ? can be tried with {', '.join(missing)} only: run it as root.")
    return 0
