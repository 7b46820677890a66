"""`--doctor`: what this kernel allows, and what is lost without the rest."""

import os

from ptcpdump.cli import say
from ptcpdump.cli.options import Options


def run(options: Options) -> int:
    """Print a line for each capability and hook: there or not, what for or why not, since which kernel."""
    from ptcpdump.kernel.loading.report import report  # noqa: PLC0415  loads libbpf
    from ptcpdump.run.preparation import require_privileges  # noqa: PLC0415

    require_privileges()
    found = report(options.kernel_btf or None)
    system = os.uname()
    say.show(f"{system.sysname} {system.release} on {system.machine}")
    width = max(len(probe.name) for probe in found)
    for probe in found:
        since = f" (since Linux {probe.since})" if probe.since else ""
        say.show(f"{'yes' if probe.available else 'no ':3}  {probe.name:{width}}  {probe.detail}{since}")
    return 0
