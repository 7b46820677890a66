"""What the blocks of one savefile say of processes: of Wireshark 5's and our kind, and of Apple's tcpdump.

A packet names a process by pid (or at Apple's by the number of its block); what was said of it last in the section
counts. So does its parent: as it was described when the child was.

Blocks are kept as they are, and understood when a packet of theirs is shown: a file may describe hundreds of thousands.
"""

import os
import sys
from collections import OrderedDict     # the first key of a dict is found ever later, once keys before it are gone

from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from ptcpdump.buffer cimport buffer_free, put_bytes
from ptcpdump.context.comments cimport completed, fuller
from ptcpdump.context.made cimport made_context, made_process
from ptcpdump.context.pid_table cimport PidPlace
from ptcpdump.context.process_block cimport Outline, outline
from ptcpdump.sources.reader cimport read32

from ptcpdump.context import process_block
from ptcpdump.context.comments import parse_comments
from ptcpdump.context.model import Found, Process, Thread

cdef enum:
    MOST = 65536            # processes, and likewise threads, that are remembered; the oldest are forgotten first
    MOST_BYTES = 67108864   # that they take, about
    EACH = 500              # what one that was understood takes beside its text
    WORD = 80               # and each of its arguments
    MAX_NAME = 255          # bytes of a name that are kept
    APPLE_NAME = 2          # option of Apple's block (bsd/net/pktap.h, libpcap's pcap-darwin.c); 4: uuid
    OPT_COMMENT = 1
    INSTANCE = 40           # bits of a number below those that tell Processes of one run apart

cdef object SAVEFILE = Found.SAVEFILE
cdef uint64_t instances = 0


cdef class Processes:
    """Processes by number; the numbers are this module's own, and never given twice in a run: texts are kept by them."""

    def __cinit__(self):
        global instances
        instances += 1
        self.base = instances << INSTANCE
        self.pids = PidTable()
        self.threads = OrderedDict()
        self.said = <Said *>calloc(MOST, sizeof(Said))
        if self.said == NULL:
            raise MemoryError

    def __dealloc__(self):
        if self.said != NULL:
            while self.first < self.count:
                drop(&self.said[self.first % MOST])
                self.first += 1
        free(self.said)
        buffer_free(&self.naming)

    def __len__(self):
        return self.count - self.first

    cdef int begin_section(self) except -1:
        """Pids stand for other processes from now on."""
        self.pids.clear()
        self.threads.clear()
        self.naming.len = 0
        return 0

    def describe(self, bytes body not None, *, bint swapped):
        return self.described(body, <uint32_t>len(body), swapped)

    def describe_apple(self, bytes body not None, *, bint swapped):
        return self.apple(body, <uint32_t>len(body), swapped)

    cdef uint64_t described(self, const uint8_t *body, uint32_t n, bint swapped) except? 0:
        cdef Outline about
        cdef PidPlace *parent
        cdef Said *said
        cdef uint64_t number
        if not outline(body, n, swapped, &about):
            return 0
        number = self.keep(body, n)
        said = self.find(number)
        said.swapped = swapped
        said.parent_pid = about.parent
        if about.parent:
            parent = self.pids.find(about.parent)
            said.parent = parent.whole if parent != NULL else 0
        if about.names_threads and self.naming.len < MOST * sizeof(number):
            put_bytes(&self.naming, &number, sizeof(number))
        if about.pid:
            self.pids.add(about.pid).whole = number
        return number

    cdef uint64_t apple(self, const uint8_t *body, uint32_t n, bint swapped) except 0:
        cdef uint64_t number = self.keep(body, n)
        cdef Said *said = self.find(number)
        said.swapped = swapped
        said.apple = True
        return number

    cdef uint64_t keep(self, const uint8_t *body, uint32_t n) except 0:
        cdef Said *said
        self.forget(MOST - 1)
        said = &self.said[self.count % MOST]
        said.body = <uint8_t *>malloc(n + 1)
        if said.body == NULL:
            raise MemoryError
        memcpy(said.body, body, n)
        said.length = n
        said.size = sizeof(Said) + n
        said.context = NULL
        said.parent = said.parent_pid = 0
        said.apple = False
        self.bytes += said.size
        self.count += 1
        return self.base + self.count - 1

    cdef int forget(self, size_t most) except -1:
        """Forget the oldest until there are no more than that, and until they take no more than they may."""
        while self.count - self.first > most or (self.bytes > MOST_BYTES and self.count - self.first > 1):
            self.bytes -= self.said[self.first % MOST].size
            drop(&self.said[self.first % MOST])
            self.first += 1
        return 0

    cdef Said *find(self, uint64_t number) noexcept nogil:
        """What was said; NULL where it is forgotten."""
        if number < self.base + self.first or number >= self.base + self.count:
            return NULL
        return &self.said[(number - self.base) % MOST]

    def context(self, uint64_t number, uint32_t tid):
        cdef Said *said = self.find(number)
        cdef Said *parents
        if said == NULL:
            return None
        context = self.understood(said)
        if said.parent_pid:
            parents = self.find(said.parent) if said.parent else NULL
            parent = Process(said.parent_pid) if parents == NULL else self.understood(parents).process
            context = with_others(context, context.thread, fuller(context.parent, parent))
        self.forget(MOST)
        if not tid or context.process is None:
            return context
        pid = context.process.pid
        if self.naming.len:
            self.name_threads()
        thread = self.threads.get((pid, tid))
        if thread is None and tid != pid:
            thread = Thread(tid)
        return with_others(context, thread, context.parent)

    cdef object understood(self, Said *said):
        """What a block says, but for the parent that it names by pid."""
        cdef bytes body
        if said.context != NULL:
            return <object>said.context
        body = said.body[:said.length]
        context = of_apple(body, said.swapped) if said.apple else of_block(body, said.swapped)[0]
        Py_INCREF(context)
        said.context = <void *>context
        size = EACH + (WORD * len(context.process.args) if context.process is not None else 0)
        said.size += size
        self.bytes += size
        return context

    cdef object name_threads(self):
        """Understand the blocks that may name threads."""
        cdef uint64_t *numbers = <uint64_t *>self.naming.data
        cdef Said *said
        cdef size_t i
        for i in range(self.naming.len // sizeof(uint64_t)):
            said = self.find(numbers[i])
            if said == NULL:
                continue
            _, pid, thread = of_block(said.body[:said.length], said.swapped)
            if thread is not None:
                self.threads[pid, thread.tid] = thread
                if len(self.threads) > MOST:
                    self.threads.popitem(last=False)
        self.naming.len = 0


cdef void drop(Said *said) noexcept:
    if said.context != NULL:
        Py_DECREF(<object>said.context)
        said.context = NULL
    free(said.body)
    said.body = NULL


cdef tuple of_block(bytes body, bint swapped):
    """What the body of a process block says: its context, but for the parent that it names, pid, and its thread."""
    context, _, options = process_block.read(body, swapped=swapped)
    pid, said = context.process.pid, None
    if options:
        order = ">" if swapped == (sys.byteorder == "little") else "<"
        said, _ = parse_comments([value.decode(errors="surrogateescape")
                                  for code, value in process_block.options(options, order) if code == OPT_COMMENT])
    return refined(context, said), pid, said.thread if said is not None else None


cdef object of_apple(bytes body, bint swapped):
    cdef str name = ""
    pid = read32(body, swapped) if len(body) >= 4 else 0
    if len(body) > 4:
        order = ">" if swapped == (sys.byteorder == "little") else "<"
        for code, value in process_block.options(body[4:], order):
            if code == APPLE_NAME and not name:
                name = os.fsdecode(value[:MAX_NAME].rstrip(b"\0"))
    return made_context(made_process(pid, name, (), False, name, 0, False, 0, ()), None, None, None, None, None, SAVEFILE,
                        "")


cdef object with_others(context, thread, parent):
    return made_context(context.process, thread, context.uid, parent, context.container, context.pod,
                        context.found, context.user)


cdef object refined(context, said):
    """What the entry of a process says, with what its block's comments add."""
    process, found = context.process, context.found
    if said is not None and said.process is not None:
        process = made_process(
            process.pid, process.command, process.args, process.truncated or said.process.truncated, process.name,
            said.process.host_pid, said.process.outside, process.started, process.further)
        found = said.found
    if not (process.name or process.command or process.args):
        process = None
    context = made_context(process, None, context.uid, None, None, None, found or SAVEFILE, context.user)
    if said is None:
        return context
    return completed(made_context(None, None, said.uid, said.parent, said.container, said.pod, said.found, said.user),
                     context)
