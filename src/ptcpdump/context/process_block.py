"""Process blocks: what a pcapng file says of a process once, so that packets need only its pid.

Packets have it in epb_processid_threadid.

The layout is that of Wireshark 5: a custom block (draft-ietf-opsawg-pcapng, section 4.9) of the Wireshark Foundation.

    u32 0x00000BAD   block type             section's byte order
    u32              block length
    u32 32622        private enterprise number
    u32 3            kind of entry: a process   little-endian, as all of the entry
    u32              length of the entry
        u32          pid
        options      u16 code, u16 length, value, padded to 4 bytes; a code of 0 ends them
    padding to 4 bytes
    options          those of the block, comments: in the section's byte order again
    u32              block length

Values that others could have written (names, arguments) are saved as they were; whoever shows them escapes them.
"""

import os
import struct
import sys
from collections.abc import Iterator

from ptcpdump.context.escape import as_bytes
from ptcpdump.context.model import Context, Process

ENTERPRISE = 32622          # of the Wireshark Foundation (IANA, Private Enterprise Numbers)
PROCESS_ENTRY = 3
END, COMMENT, NAME, PATH, COMMAND_LINE, PARENT, UID, USER, UUID, STARTED = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
_TAKEN = frozenset((NAME, PATH, COMMAND_LINE, PARENT, UID, USER, STARTED))     # other options are kept as they are
_MAX_VALUE = 65535          # the length of an option has 16 bits
_MAX_OPTIONS = 64           # that are read of one
_PID = struct.Struct("<I")
_HEAD = struct.Struct("<HH")
_PREFIX = struct.Struct("<III")


def entry(process: Process, *, parent: int = 0, uid: int | None = None, user: str = "") -> bytes:
    """The entry of a process, as it stands in a block: kind, length, pid and options. What is not known is left out."""
    options: list[tuple[int, bytes]] = []
    if process.name:
        options.append((NAME, as_bytes(process.name)))
    if process.command and process.command != process.name:
        options.append((PATH, as_bytes(process.command)))
    if process.args:
        # as in /proc/PID/cmdline a NUL may stand behind the last argument, too: one that is empty needs it
        options.append((COMMAND_LINE, as_bytes("\0".join(process.args)) + b"\0" * (not process.args[-1])))
    if parent:
        options.append((PARENT, _PID.pack(parent)))
    if uid is not None:
        options.append((UID, _PID.pack(uid)))
    if user:
        options.append((USER, as_bytes(user)))
    if 0 < process.started < 1 << 64:
        options.append((STARTED, struct.pack("<Q", process.started)))
    options += process.further
    body = _PID.pack(process.pid) + b"".join(_option(code, value[:_MAX_VALUE]) for code, value in options) + bytes(4)
    return struct.pack("<II", PROCESS_ENTRY, len(body)) + body


def _option(code: int, value: bytes) -> bytes:
    return _HEAD.pack(code, len(value)) + value + bytes(-len(value) % 4)


def comments(process: Process) -> list[str]:
    """Comments of a process's block for what the entry has no option for, in the layout of a packet's comments."""
    host = process.pid if process.outside else process.host_pid
    lines = [f"PID: {process.pid}"]
    if host and (process.outside or host != process.pid):
        lines.append(f"HostPID: {host}")
    if process.truncated:
        lines.append("Args: ...")
    return ["\n".join(lines)] if len(lines) > 1 else []


def read(body: bytes, *, swapped: bool) -> tuple[Context, int, bytes] | None:
    """What the body of a custom block says of a process; None for one that says nothing of any.

    swapped: the section's byte order is not this machine's. Returns the context without its comments, the pid of the
    parent (0: not known) and the block's own options.
    """
    if len(body) < _PREFIX.size:
        return None
    enterprise, = struct.unpack_from(("<" if swapped == (sys.byteorder == "big") else ">") + "I", body)
    _, kind, size = _PREFIX.unpack_from(body)
    start = _PREFIX.size
    if enterprise != ENTERPRISE or kind != PROCESS_ENTRY or size < 4 or size > len(body) - start:
        return None
    found = list(options(body[start + 4:start + size], "<"))
    values = dict(reversed(found))
    further = tuple((code, value) for code, value in found if code not in _TAKEN)
    pid, = _PID.unpack_from(body, start)
    name, path = _text(values.get(NAME, b"")), _text(values.get(PATH, b""))
    line = values.get(COMMAND_LINE, b"").removesuffix(b"\0")
    words = tuple(map(_text, line.split(b"\0"))) if line else ()
    process = Process(pid=pid, command=path or name, args=words, name=name, started=_number(values.get(STARTED), 8),
                      further=further)
    context = Context(process=process, uid=_number(values[UID], 4) if UID in values else None,
                      user=_text(values.get(USER, b"")))
    return context, _number(values.get(PARENT), 4), body[start + (size + 3 & ~3):]


def options(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Code and value of the options up to the end, the first that runs past it, or as many as a block may have.

    order: that of their numbers, as struct names it.
    """
    head = struct.Struct(order + "HH")
    at = 0
    for _ in range(_MAX_OPTIONS):
        if at + head.size > len(data):
            return
        code, size = head.unpack_from(data, at)
        at += head.size
        if code == END or at + size > len(data):
            return
        yield code, data[at:at + size]
        at += (size + 3) & ~3


def _number(value: bytes | None, size: int) -> int:
    return int.from_bytes(value, "little") if value is not None and len(value) == size else 0


def _text(value: bytes) -> str:
    return os.fsdecode(value.rstrip(b"\0"))
