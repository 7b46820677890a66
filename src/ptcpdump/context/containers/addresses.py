"""Which container runtimes were named on the command line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses that were given; "" means the usual places."""

    docker: str = ""
    containerd: str = ""
    cri: str = ""
    podman: str = ""
