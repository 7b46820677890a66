"""Where runtimes listen.

What does not exist costs nothing: a client is imported and made only for a socket that is there.
"""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from ptcpdump.context.containers.addresses import Addresses
from ptcpdump.context.containers.source import Runtime, RuntimeFailure

DOCKER = ("/run/docker.sock",)
CONTAINERD = ("/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock",
              "/var/snap/microk8s/common/run/containerd.sock")
CRI = (*CONTAINERD, "/run/crio/crio.sock", "/run/cri-dockerd.sock", "/run/dockershim.sock")
PODMAN = ("/run/podman/podman.sock", "/run/user/*/podman/podman.sock")


def places(given: Addresses) -> Iterator[tuple[str, str, Callable[[str], Runtime]]]:
    """Kind, address and maker of each runtime that is there now."""
    for kind, address, usual, make in (
            ("Docker", given.docker, DOCKER, _docker), ("CRI", given.cri, CRI, _cri),
            ("containerd", given.containerd, CONTAINERD, _containerd), ("Podman", given.podman, PODMAN, _podman)):
        for place in [address] if address else [path for pattern in usual for path in _sockets(pattern)]:
            path = place.removeprefix("unix://")
            if not path.startswith("/") or _is_socket(Path(path)):
                yield kind, path, make


def _sockets(pattern: str) -> list[str]:
    if "*" not in pattern:
        return [pattern]
    return [str(path) for path in sorted(Path("/").glob(pattern.removeprefix("/")))]


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


def _docker(address: str) -> Runtime:
    from ptcpdump.context.containers.docker import Docker  # noqa: PLC0415  imported only where it runs

    return Docker(address)


def _podman(address: str) -> Runtime:
    from ptcpdump.context.containers.podman import Podman  # noqa: PLC0415  as above

    return Podman(address)


def _cri(address: str) -> Runtime:
    try:
        from ptcpdump.context.containers.cri import Cri  # noqa: PLC0415  as above
    except ImportError as error:
        raise _no_grpc(error) from None
    return Cri(address)


def _containerd(address: str) -> Runtime:
    try:
        from ptcpdump.context.containers.containerd import Containerd  # noqa: PLC0415  as above
    except ImportError as error:
        raise _no_grpc(error) from None
    return Containerd(address)


def _no_grpc(error: ImportError) -> RuntimeFailure:
    return RuntimeFailure(f"the Python package {error.name} is missing; install ptcpdump[containers]")
