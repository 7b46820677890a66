"""The probes that tell of TLS secrets: a BPF object of its own, loaded only for captures that ask for keys."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptcpdump.errors import PtcpdumpError, UnsupportedError
from ptcpdump.kernel.bindings import object as library
from ptcpdump.kernel.bindings.maps import read_map
from ptcpdump.kernel.bindings.object import Link, LoadError, Object, possible_cpus
from ptcpdump.kernel.bindings.ring import Ring
from ptcpdump.kernel.bindings.structs import CONFIG, OWNER, SECRET, SECRET_BUFFER, SECRET_COUNTERS, u32
from ptcpdump.kernel.loading import kernel_types
from ptcpdump.kernel.loading.probes import kernel_version
from ptcpdump.net.limits import require_descriptors
from ptcpdump.procfs import read_pid_namespace

_OBJECT = Path(library.__file__).parent.parent / "secrets.bpf.o"
_GO, _C, _KDF = "secret_go", "secret_c", "secret_kdf"
_AWAKE = "_awake"       # of the programs that may not sleep, for kernels without the others


@dataclass(frozen=True, slots=True)
class Place:
    """Where a function begins, and how it has what we want.

    offset: of its first byte in the file. go: its arguments are those of Go's writeKeyLog; else those of
    f(object, label, secret, length). random: where the object has the client's random: one offset in it, or the offset
    of a pointer and that behind the pointer. derives: it is EVP_KDF_derive of OpenSSL 3, and tells what secrets are
    derived from.
    """

    offset: int
    go: bool = True
    random: tuple[int, ...] = ()
    derives: bool = False

    @property
    def program(self) -> str:
        """The program that reads its arguments."""
        return _GO if self.go else _KDF if self.derives else _C

    @property
    def cookie(self) -> int:
        """What the programs are told of it (COOKIE_* in bpf/secret.h), without the library."""
        match self.random:
            case (offset,):
                return offset << 32
            case (pointer, offset):
                return 1 | pointer << 16 | offset << 32
        return 0


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret and who made it; label and random are those of its line in a key log.

    With a transcript it is what a secret is derived from: by HKDF-Expand-Label with this label, and this hash of the
    handshake as its context (RFC 8446, 7.1); the random is not known.
    """

    time: int           # CLOCK_MONOTONIC, ns
    pid: int
    start: int          # of the process: ns since boot
    uid: int
    cgroup: int
    comm: str           # of the main thread
    library: int        # a number of the file whose function it was; 0 where that function was handed the random itself
    path: str           # of that file
    label: str
    random: bytes
    secret: bytes
    transcript: bytes = b""

    def __repr__(self) -> str:
        return f"Secret(pid={self.pid}, label={self.label!r})"      # what is logged by mistake gives nothing away


class SecretProbes:
    """The loaded programs and their probes. Closing it takes all probes out; so does the end of the process.

    Raises UnsupportedError where the kernel can't run them (before 5.15).
    """

    def __init__(self, kernel_btf: str | None = None) -> None:
        self._object = Object(_OBJECT.read_bytes(), kernel_types.find(kernel_btf))
        self._suffix = "" if kernel_version() >= (6, 0) else _AWAKE
        for program in self._object.programs():
            self._object.autoload(program, program in {name + self._suffix for name in (_GO, _C, _KDF)})
        self._object.configure(".rodata.config", CONFIG.pack(pidns=read_pid_namespace()))
        try:
            self._object.load()
        except LoadError as error:
            self._object.close()
            require_descriptors(error)
            raise UnsupportedError(f"TLS keys need Linux 5.15 or later with uprobes: {error}") from error
        self._libraries: dict[int, str] = {}    # paths
        self.on_library: Callable[[int, str], None] = lambda number, path: None     # for whoever else reads secrets
        self._ring = Ring(self._object.map_fd("secrets"), SECRET_BUFFER)

    def fileno(self) -> int:
        """Readable when a secret has come."""
        return self._ring.fileno()

    def attach(self, descriptor: int, place: Place, path: str) -> Link:
        """Probe a function of an open file, in all processes that have it mapped or will have; fewer than 65536.

        path: what its secrets say of where they come from. Raises UnsupportedError.
        """
        program, library = place.program + self._suffix, 0
        if place.random:
            library = len(self._libraries) + 1
            self.name_library(library, path)
            self.on_library(library, path)
        return self._object.attach_uprobe(program, f"/proc/self/fd/{descriptor}", place.offset,
                                          place.cookie | library << 48)

    def name_library(self, number: int, path: str) -> None:
        """Tell secrets of this number apart as those of a file; for one that another process has probed."""
        self._libraries[number] = path

    def read(self) -> list[Secret]:
        """The secrets that have come since the last time."""
        return [self._secret(SECRET.unpack(data)) for data in self._ring.read()]

    def _secret(self, members: dict[str, Any]) -> Secret:
        who, library = OWNER.unpack(members["owner"]), members["library"]
        return Secret(members["time"], who["pid"], who["start"], who["uid"], who["cgroup"],
                      _until_nul(who["process_comm"]).decode(errors="surrogateescape"), library,
                      self._libraries.get(library, ""),
                      _until_nul(members["label"]).decode("ascii", "replace"), members["random"],
                      members["secret"][:members["length"]],
                      members["transcript"][:members["transcript_length"]] if members["derived"] else b"")

    def counters(self) -> tuple[int, int]:
        """How many secrets were lost for lack of room, and how many calls could not be read."""
        size = (SECRET_COUNTERS.size + 7) // 8 * 8
        whole = read_map(self._object.map_fd("secret_counters"), u32(0), size * possible_cpus()) or b""
        each = [SECRET_COUNTERS.unpack(whole[at:at + size]) for at in range(0, len(whole), size)]
        return sum(one["lost"] for one in each), sum(one["unreadable"] for one in each)

    def close(self) -> None:
        """Take the programs out; a second call does nothing. Links are closed by whoever has them."""
        with suppress(PtcpdumpError):
            self._object.close()


def _until_nul(text: bytes) -> bytes:
    return text.partition(b"\0")[0]
