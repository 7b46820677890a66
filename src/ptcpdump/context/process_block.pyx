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
In Cython, as a file may consist of them.
"""

import os
import sys

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memset

cdef extern from "string.h" nogil:
    const void *memmem(const void *text, size_t size, const void *part, size_t part_size)

from ptcpdump.buffer cimport Buffer, buffer_free, put_bytes
from ptcpdump.context.escape cimport as_bytes
from ptcpdump.context.long_texts cimport keep, made_before
from ptcpdump.context.made cimport made_context, made_process

ENTERPRISE = 32622          # of the Wireshark Foundation (IANA, Private Enterprise Numbers)
PROCESS_ENTRY = 3
UUID = 8                    # an option that is kept, and handed on where others are not

cdef enum:
    PEN = 32622
    PROCESS = 3
    END = 0                 # options of an entry; what is none of these is kept as it is
    NAME = 2
    PATH = 3
    COMMAND_LINE = 4
    PARENT = 5
    UID = 6
    USER = 7
    UUID_CODE = 8           # UUID
    STARTED = 9
    KNOWN = 10
    MAX_VALUE = 65535       # the length of an option has 16 bits
    MAX_OPTIONS = 64        # that are read of one
    MAX_NAME = 255          # bytes of a name that are kept, and of a path (PATH_MAX)
    MAX_PATH = 4096
    MAX_LINE = 16384        # and of a command line, as much as is read of a process that runs here
    MAX_WORDS = 2048        # arguments
    MAX_FURTHER = 16384     # bytes of options that are handed on
    PREFIX = 12             # bytes before the entry: enterprise, kind, length

cdef bint BIG_ENDIAN = sys.byteorder == "big"


cdef void put_number(Buffer *b, uint64_t v, int size) noexcept:
    """A number of that many bytes, the lowest first."""
    cdef uint8_t made[8]
    cdef int i
    for i in range(size):
        made[i] = <uint8_t>(v >> 8 * i)
    put_bytes(b, made, size)


cdef uint32_t number_at(const uint8_t *p, int size, bint big) noexcept nogil:
    cdef uint32_t v = 0
    cdef int i
    for i in range(size):
        v |= <uint32_t>p[i] << 8 * (size - 1 - i if big else i)
    return v


cdef int put_value(Buffer *b, uint32_t code, bytes value) except -1:
    """An option of the entry, as much of it as one can hold."""
    cdef uint32_t n = min(<size_t>len(value), <size_t>MAX_VALUE)
    put_number(b, code, 2)
    put_number(b, n, 2)
    put_bytes(b, <const char *>value, n)
    put_number(b, 0, ((n + 3) & ~<uint32_t>3) - n)
    return 0


cdef void put_small(Buffer *b, uint32_t code, uint64_t v, int size) noexcept:
    """An option that is a number."""
    put_number(b, code, 2)
    put_number(b, size, 2)
    put_number(b, v, size)


def entry(process, *, uint32_t parent=0, uid=None, str user="") -> bytes:
    """The entry of a process, as it stands in a block: kind, length, pid and options. What is not known is left out."""
    cdef Buffer made
    cdef uint32_t i, length
    cdef str name = process.name, command = process.command
    cdef tuple args = process.args
    started = process.started
    memset(&made, 0, sizeof(made))
    try:
        put_number(&made, PROCESS, 4)
        put_number(&made, 0, 4)             # the length, see below
        put_number(&made, process.pid, 4)
        if name:
            put_value(&made, NAME, as_bytes(name))
        if command and command != name:
            put_value(&made, PATH, as_bytes(command))
        if args:
            put_value(&made, COMMAND_LINE, command_line(args))
        if parent:
            put_small(&made, PARENT, parent, 4)
        if uid is not None:
            put_small(&made, UID, uid, 4)
        if user:
            put_value(&made, USER, as_bytes(user))
        if 0 < started < 1 << 64:
            put_small(&made, STARTED, started, 8)
        for code, value in process.further:
            put_value(&made, code, value)
        put_number(&made, END, 4)
        length = <uint32_t>made.len - 8
        for i in range(4):
            made.data[4 + i] = <char>(length >> 8 * i)
        return (<const char *>made.data)[:made.len]
    finally:
        buffer_free(&made)


cdef bytes command_line(tuple args):
    """As in /proc/PID/cmdline a NUL may stand behind the last argument, too: one that is empty needs it."""
    cdef bytes line = made_before(args, "block")
    if line is None:
        line = as_bytes("\0".join(args)) + b"\0" * (not args[len(args) - 1])
        keep(args, "block", line, len(line))
    return line


def comments(process) -> list:
    """Comments of a process's block for what the entry has no option for, in the layout of a packet's comments."""
    cdef bint outside = process.outside, truncated = process.truncated
    cdef str line
    host = process.pid if outside else process.host_pid
    if not truncated and not (host and (outside or host != process.pid)):
        return []
    line = f"PID: {process.pid}"
    if host and (outside or host != process.pid):
        line += f"\nHostPID: {host}"
    if truncated:
        line += "\nArgs: ..."
    return [line]


cdef bint is_process(const uint8_t *body, uint32_t n, bint swapped) noexcept nogil:
    return n >= 8 and number_at(body, 4, swapped != BIG_ENDIAN) == PEN and number_at(body + 4, 4, False) == PROCESS


cdef bint outline(const uint8_t *body, uint32_t n, bint swapped, Outline *about) noexcept nogil:
    cdef uint32_t size, code, value, at, seen = 0
    if n < PREFIX or not is_process(body, n, swapped):
        return False
    size = number_at(body + 8, 4, False)
    if size < 4 or size > n - PREFIX:
        return False
    about.pid = number_at(body + PREFIX, 4, False)
    about.parent = 0
    at = PREFIX + 4
    while at + 4 <= PREFIX + size and seen < MAX_OPTIONS:
        code, value = number_at(body + at, 2, False), number_at(body + at + 2, 2, False)
        at += 4
        seen += 1
        if code == END or at + value > PREFIX + size:
            break
        if code == PARENT:
            about.parent = number_at(body + at, 4, False) if value == 4 else 0
            break           # the first one counts
        at += (value + 3) & ~<uint32_t>3
    at = PREFIX + ((size + 3) & ~<uint32_t>3)
    about.names_threads = at < n and (memmem(body + at, n - at, b"ThreadId", 8) != NULL
                                      or memmem(body + at, n - at, b"TID", 3) != NULL)
    return True


def read(bytes body not None, *, bint swapped) -> tuple | None:
    """What the body of a custom block says of a process; None for one that says nothing of any.

    swapped: the section's byte order is not this machine's. Returns the context without its comments, the pid of the
    parent (0: not known) and the block's own options.
    """
    cdef const uint8_t *p = body
    cdef list values = [None] * KNOWN, further = []
    cdef uint32_t size, code, handed_on = 0
    cdef str name, path
    cdef bytes line, value
    cdef list parts
    cdef bint truncated
    cdef tuple words = ()
    if len(body) < PREFIX or not is_process(p, <uint32_t>len(body), swapped):
        return None
    size = number_at(p + 8, 4, False)
    if size < 4 or size > len(body) - PREFIX:
        return None
    for code, value in options(body[PREFIX + 4:PREFIX + size], "<"):
        if code >= KNOWN or code < NAME or code == UUID_CODE:
            if handed_on + len(value) <= MAX_FURTHER:
                handed_on += <uint32_t>len(value)
                further.append((code, value))
        elif values[code] is None:          # the first one counts
            values[code] = value
    name, path = start_of(values[NAME], MAX_NAME), start_of(values[PATH], MAX_PATH)
    line = values[COMMAND_LINE]
    line = b"" if line is None else line.removesuffix(b"\0")
    truncated = len(line) > MAX_LINE
    if line:
        parts = line[:MAX_LINE].split(b"\0", MAX_WORDS)
        if len(parts) > MAX_WORDS:
            truncated = True
            del parts[MAX_WORDS:]
        words = tuple([text(word) for word in parts])
    process = made_process(number_at(p + PREFIX, 4, False), path or name, words, truncated, name, 0, False,
                           number(values[STARTED], 8), tuple(further))
    uid = None if values[UID] is None else number(values[UID], 4)
    context = made_context(process, None, uid, None, None, None, None, start_of(values[USER], MAX_NAME))
    return context, number(values[PARENT], 4), body[PREFIX + (size + 3 & ~<uint32_t>3):]


cpdef list options(bytes data, str order):
    """Code and value of the options up to the end, the first that runs past it, or as many as a block may have.

    order: that of their numbers, as struct names it.
    """
    cdef const uint8_t *p = data
    cdef Py_ssize_t at = 0, end = len(data)
    cdef uint32_t code, size
    cdef bint big = order == ">"
    cdef list found = []
    while at + 4 <= end and len(found) < MAX_OPTIONS:
        code, size = number_at(p + at, 2, big), number_at(p + at + 2, 2, big)
        at += 4
        if code == END or at + size > end:
            break
        found.append((code, data[at:at + size]))
        at += (size + 3) & ~<uint32_t>3
    return found


cdef object number(bytes value, Py_ssize_t size):
    return int.from_bytes(value, "little") if value is not None and len(value) == size else 0


cdef str start_of(bytes value, Py_ssize_t most):
    return "" if value is None else text(value[:most])


cdef str text(bytes value):
    value = value.rstrip(b"\0")
    return value.decode("ascii") if value.isascii() else os.fsdecode(value)
