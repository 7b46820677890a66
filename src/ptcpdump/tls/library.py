"""Where OpenSSL, BoringSSL, AWS-LC and GnuTLS log their TLS secrets, also in stripped files and linked into others.

All have one internal function that gets every secret, before anybody asks whether there is a key log:

    f(object, label, secret, length)

(ssl_log_secret, _gnutls_call_keylog_func). It has no public name; a table of symbols that is left may have it
(symbols.py). Else it is found by the labels of a key log that it is called with, which are texts: code that puts the
address of such a text where a second argument belongs is followed to the call that comes next. What at least two labels
lead to is that function. In both cases it has to begin a function by the tables for unwinding; else nothing is probed,
for a probe in the middle of an instruction would break the program.
"""

from collections import defaultdict

from ptcpdump.kernel.loading.secrets import Place
from ptcpdump.tls.elf import AARCH64, BrokenElfError, Elf, NothingToProbeError
from ptcpdump.tls.frames import Functions
from ptcpdump.tls.offsets import exported, random_at
from ptcpdump.tls.references import find_references
from ptcpdump.tls.symbols import log_functions

_LABELS = (
    b"CLIENT_RANDOM", b"EARLY_EXPORTER_SECRET", b"EXPORTER_SECRET", b"CLIENT_EARLY_TRAFFIC_SECRET",
    b"CLIENT_HANDSHAKE_TRAFFIC_SECRET", b"SERVER_HANDSHAKE_TRAFFIC_SECRET", b"CLIENT_TRAFFIC_SECRET_0",
    b"SERVER_TRAFFIC_SECRET_0", b"CLIENT_TRAFFIC_SECRET_N", b"SERVER_TRAFFIC_SECRET_N")
_DERIVATION = b"EVP_KDF_derive"
_MOST = 64              # labels, each of which may stand in a file several times
_MOST_REFERENCES = 4096
_AHEAD = 96             # bytes of code in which the call has to follow
_AGREE = 2              # labels that have to lead to one function


def has_labels(elf: Elf) -> bool:
    """Whether a file has the texts of a key log, as TLS libraries have."""
    return any(True for _ in elf.find(_LABELS[0] + b"\0", elf.constants, 1))


def find_log_secret(elf: Elf) -> tuple[str, Place]:
    """The kind of the library, and where its function is. Raises BrokenElfError with the reason why not."""
    functions = Functions(elf)
    named = {address for address in log_functions(elf) if functions.begins_at(address)}
    best = named.pop() if len(named) == 1 else _by_labels(elf, functions)
    kind, random = random_at(elf, best, functions.end_of(best))
    offset = elf.offset_of(best)
    if offset is None:
        raise BrokenElfError("the function that logs TLS secrets is not in its code")
    return kind, Place(offset, go=False, random=random)


def find_derivation(elf: Elf) -> Place | None:
    """OpenSSL's EVP_KDF_derive (since 3.0), if a file exports it: all secrets are derived by it, it is public."""
    address = exported(elf, _DERIVATION)
    if address is None or not Functions(elf).begins_at(address) or (offset := elf.offset_of(address)) is None:
        return None
    return Place(offset, go=False, derives=True)


def _by_labels(elf: Elf, functions: Functions) -> int:
    """The function that at least two labels lead to."""
    labels = _labels(elf)
    references = _references(elf, labels)
    if references and not len(functions):
        raise BrokenElfError("it has no table of where functions begin (.eh_frame_hdr)")
    votes: defaultdict[int, set[bytes]] = defaultdict(set)
    for place, target in references:
        called = _call_after(elf, place, functions)
        if called is not None:
            votes[called].add(labels[target])
    if not votes:       # the texts alone: what reads key logs has them, too
        raise NothingToProbeError("no code was found that logs TLS secrets")
    best = max(votes, key=lambda address: len(votes[address]))
    if len(votes[best]) < _AGREE:
        raise BrokenElfError("the function that logs TLS secrets could not be told apart from others")
    if sum(len(each) == len(votes[best]) for each in votes.values()) > 1:
        raise BrokenElfError("several functions seem to log TLS secrets")
    return best


def _labels(elf: Elf) -> dict[int, bytes]:
    """Where the labels stand: some copies of each."""
    found: dict[int, bytes] = {}
    for address, piece in elf.pieces(elf.constants, max(map(len, _LABELS))):
        if b"_SECRET" not in piece and _LABELS[0] not in piece:
            continue
        for label in _LABELS:
            at = piece.find(label + b"\0")
            while at >= 0 and len(found) < _MOST:
                found[address + at] = label
                at = piece.find(label + b"\0", at + 1)
    return found


def _references(elf: Elf, labels: dict[int, bytes]) -> list[tuple[int, int]]:
    """Where code makes labels a second argument: (address, label's address)."""
    code = [segment for segment in elf.loaded if segment.executable]
    found: list[tuple[int, int]] = []
    # with 64 bytes more, for what reaches over the end of a piece; some is found twice, which does not matter
    for address, piece in elf.pieces(code, 64):
        found += find_references(piece, address, labels, arm64=elf.machine == AARCH64)
        if len(found) > _MOST_REFERENCES:       # a real library has some dozens
            break
    return found


def _call_after(elf: Elf, place: int, functions: Functions) -> int | None:
    """The function that is called, or jumped to, next behind a place."""
    code = elf.read(place, _AHEAD)
    if elf.machine == AARCH64:
        for at in range(0, len(code) - 3, 4):
            word = int.from_bytes(code[at:at + 4], "little")
            if word >> 26 in (0b100101, 0b000101):      # bl, b
                distance = (word & 0x3FFFFFF) - ((word & 0x2000000) << 1)
                if functions.begins_at(place + at + 4 * distance):
                    return place + at + 4 * distance
        return None
    for at in range(5, len(code) - 4):      # behind the instruction itself
        if code[at] in (0xE8, 0xE9):                    # call, jmp
            target = place + at + 5 + int.from_bytes(code[at + 1:at + 5], "little", signed=True)
            if functions.begins_at(target):
                return target
    return None
