"""`--doctor`: what this kernel allows, and what follows from it for a capture."""

from ptcpdump.cli.options import Options


def run(_: Options) -> int:
    """Print a line for each capability: there or not, since which kernel version, and why not."""
    from ptcpdump.kernel import probes  # noqa: PLC0415  loads libbpf

    found = probes.report()
    width = max(len(probe.name) for probe in found)
    for probe in found:
        mark = "yes" if probe.available else "no "
        since = f"(since {probe.since})" if probe.since else ""
        print(f"{mark}  {probe.name:{width}}  {' '.join(filter(None, (probe.detail, since)))}".rstrip())
    return 0
