"""What the blocks of one savefile say of processes: of Wireshark 5's and our kind, and of Apple's tcpdump.

A packet names a process by pid (or at Apple's by the number of its block); what was said of it last in the section
counts. So does its parent: as it was described when the child was.
"""

import os
import struct
import sys
from collections import OrderedDict  # the first key of a dict is found ever later, once keys before it are gone
from itertools import count

from ptcpdump.context import process_block
from ptcpdump.context.comments import completed, parse_comments
from ptcpdump.context.model import Context, Found, Process, Thread
from ptcpdump.records import replace

MOST = 65536                # processes, and likewise threads, that are remembered; the oldest are forgotten first
MOST_BYTES = 67108864       # that they take, about
_EACH, _WORD = 500, 80      # what one, and each of its arguments, takes beside its text
_APPLE_NAME = 2             # option of Apple's block (bsd/net/pktap.h, libpcap's pcap-darwin.c); 4: uuid
_NEW = count(1)             # numbers are never given twice in a run: texts are kept by them


class Processes:
    """Contexts of processes by number; the numbers are this module's own, from 1 on."""

    def __init__(self) -> None:
        self._contexts: OrderedDict[int, tuple[Context, int]] = OrderedDict()   # by number, with its size
        self._bytes = 0
        self._last: dict[int, int] = {}                         # the number of each pid in this section
        self._threads: OrderedDict[tuple[int, int], Thread] = OrderedDict()     # by pid and tid, of this section

    def begin_section(self) -> None:
        """Pids stand for other processes from now on."""
        self._last.clear()
        self._threads.clear()

    def described(self, body: bytes, *, swapped: bool) -> tuple[int, int] | None:
        """Take in a custom block's body: pid and number of the process; None for one of another kind.

        swapped: its byte order is not this machine's.
        """
        found = process_block.read(body, swapped=swapped)
        if found is None:
            return None
        context, parent, options = found
        assert context.process is not None
        pid = context.process.pid
        order = ">" if swapped == (sys.byteorder == "little") else "<"
        said, _ = parse_comments(value.decode(errors="surrogateescape")
                                 for code, value in process_block.options(options, order) if code == 1)
        if parent and parent in self._last:
            context = replace(context, parent=self._contexts[self._last[parent]][0].process)
        elif parent:
            context = replace(context, parent=Process(parent))
        if said and said.thread:
            self._remember_thread(pid, said.thread)
        context = _refined(context, said)
        return pid, self._keep(pid, context, len(body))

    def apple(self, body: bytes, *, swapped: bool) -> int:
        """Take in the body of Apple's process block: u32 pid, then options; returns the process's number."""
        order = ">" if swapped == (sys.byteorder == "little") else "<"
        pid = int(struct.unpack_from(order + "I", body)[0]) if len(body) >= 4 else 0
        name = ""
        for code, value in process_block.options(body[4:], order):
            if code == _APPLE_NAME and not name:
                name = os.fsdecode(value.rstrip(b"\0"))
        return self._keep(pid, Context(process=Process(pid, name, name=name), found=Found.SAVEFILE), len(body))

    def context(self, number: int, tid: int) -> Context | None:
        """The context behind a number, of one of its threads (0: which one is not known); None for one forgotten."""
        context = self._contexts.get(number, (None, 0))[0]
        if context is None or not tid or context.process is None:
            return context
        pid = context.process.pid
        thread = self._threads.get((pid, tid)) or (Thread(tid) if tid != pid else None)
        return replace(context, thread=thread)

    def _keep(self, pid: int, context: Context, size: int) -> int:
        number = next(_NEW)
        size += _EACH + _WORD * (len(context.process.args) if context.process else 0)
        self._contexts[number] = context, size
        self._bytes += size
        self._last[pid] = number
        while len(self._contexts) > MOST or (self._bytes > MOST_BYTES and len(self._contexts) > 1):
            oldest, (gone, size) = self._contexts.popitem(last=False)
            self._bytes -= size
            if gone.process and self._last.get(gone.process.pid) == oldest:
                del self._last[gone.process.pid]
        return number

    def _remember_thread(self, pid: int, thread: Thread) -> None:
        self._threads[pid, thread.tid] = thread
        if len(self._threads) > MOST:
            self._threads.popitem(last=False)


def _refined(context: Context, said: Context | None) -> Context:
    """What the entry of a process says, with what its block's comments add."""
    process = context.process
    assert process is not None
    if said and said.process:
        process = replace(process, host_pid=said.process.host_pid, outside=said.process.outside,
                          truncated=said.process.truncated)
        context = replace(context, found=said.found)
    known = process if process.name or process.command or process.args else None
    context = replace(context, process=known, found=context.found or Found.SAVEFILE)
    rest = replace(said, process=None, thread=None) if said else None
    return completed(rest, context) or context
