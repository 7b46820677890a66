"""The table of container runtimes: one row each, from which flags, look-ups and rules are made.

A new runtime is one row here and one module with a function `connect(endpoint)`, which returns a Runtime.
"""

from ptcpdump.lazy import lazy_modules
from ptcpdump.records import dataclass, field

with lazy_modules:
    import re

ID = "[0-9a-f]{64}"     # how Docker, Podman, containerd's CRI and CRI-O name a container
_SLICES = r"(?:/[^/]+\.slice)+"     # systemd's: /a.slice/a-b.slice
_KUBELET = r"/kubepods(?:/[^/]+)*"  # the kubelet's without systemd: /kubepods/besteffort/podUID


@dataclass(frozen=True, slots=True)
class RuntimeRow:
    """One runtime.

    name: as messages say it. flag: that names its socket. about: what help says of the flag. sockets: where it listens
    by default, `*` standing for any name. module: the client, below this package. cgroups: regular expressions for the
    control group that it makes for a container; the one group in each is the container's id. as_well: another runtime,
    at whose named socket this one may answer, too. groupless: its containers may have no control group of their own.
    """

    name: str
    flag: str
    about: str
    sockets: tuple[str, ...]
    module: str
    cgroups: tuple[str, ...] = ()
    as_well: str = ""
    groupless: bool = False
    _pattern: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", "|".join(self.cgroups) or "(?!)")

    def container_of(self, cgroup: str) -> str:
        """The id of the container that this runtime would make a control group of that path for; "" for any other."""
        found = re.fullmatch(self._pattern, cgroup)
        return next(filter(None, found.groups())) if found else ""


_CONTAINERD = ("/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock",
               "/var/snap/microk8s/common/run/containerd.sock")

RUNTIMES = (
    RuntimeRow("Docker", "--docker-address", "Docker Engine (/var/run/docker.sock, and those of users)",
               ("/run/docker.sock", "/run/user/*/docker.sock"), "docker",
               (f"/docker/({ID})", rf"{_SLICES}/docker-({ID})\.scope", f"{_KUBELET}/({ID})")),
    RuntimeRow("containerd", "--containerd-address", "containerd (/run/containerd/containerd.sock)", _CONTAINERD,
               "containerd"),       # it states the control group of each container itself
    RuntimeRow("CRI", "--cri-runtime-address",
               "Kubernetes' runtime (the usual sockets of containerd, CRI-O, cri-dockerd and dockershim)",
               (*_CONTAINERD, "/run/crio/crio.sock", "/run/cri-dockerd.sock", "/run/dockershim.sock"), "cri",
               (rf"{_SLICES}/(?:cri-containerd|crio)-({ID})\.scope", f"{_KUBELET}/(?:crio-)?({ID})"),
               as_well="containerd"),
    RuntimeRow("Podman", "--podman-address", "Podman (its sockets of root and of users)",
               ("/run/podman/podman.sock", "/run/user/*/podman/podman.sock"), "podman",
               (f"/libpod_parent(?:/{ID})?/libpod-({ID})", rf"{_SLICES}/libpod-({ID})\.scope",
                f"{_SLICES}/[^/]+/libpod-payload-({ID})"), groupless=True),
)
BY_NAME = {row.name: row for row in RUNTIMES}
