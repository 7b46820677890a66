"""Whose packets a run wants, by its options."""

from ptcpdump.cli.options import Options
from ptcpdump.filters.owner import OwnerFilter


def owner_filter(options: Options) -> OwnerFilter:
    """Whose packets are wanted."""
    return OwnerFilter(
        pids=frozenset(options.pids),
        names=frozenset(options.process_names),
        uids=frozenset(options.uids),
        container_ids=frozenset(options.container_ids),
        container_names=frozenset(name.removeprefix("/") for name in options.container_names),
        pods=frozenset(options.pod_names),
        follow_forks=options.follow_forks,
    )
