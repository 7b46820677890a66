"""A flight recorder (--keep, --dump-on): the latest packets wait in memory, and nothing is written until something happens.

Then what has waited becomes a savefile, and so does what comes in the same time, or of the same size, behind it. The next
event makes the next file; one that comes while a file is written makes it longer. No packet is in two files. Each file's
section header says what it is about, and what became of all packets since the file before.
"""

import collections
import datetime
import time

from libc.stdint cimport INT64_MAX, UINT64_MAX

from ptcpdump.buffer cimport buffer_free, put_bytes


cdef enum:
    CHUNK = 1048576         # bytes of memory that are forgotten at once, at most
    PIECES = 32             # or this part of the room
    UNDER_WAY = 10_000_000  # ns within which a packet can be read once it has its time
    MOST_GONE = 4096        # times of packets that found no room: older ones are taken together

cdef uint64_t ROOM = 256 << 20      # bytes, where only a time is given


cdef class Request:
    """Asks for a savefile; a signal handler may do so at any time.

    The moment of asking counts: packets captured earlier that still wait in a buffer belong before it.
    """

    def __cinit__(self):
        self.reason = ""

    def ask(self, str reason):
        """Have a savefile written, because of `reason`."""
        self.reason = reason
        self.time = time.time_ns()


def moment(time_ns):
    """A time as text, in UTC."""
    when = datetime.datetime.fromtimestamp(time_ns // 10**9, datetime.UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{time_ns % 10**9:09d}Z"


cdef class RecorderSink(Sink):
    """Stands before the sink of pcapng files, which was made with deferred=True and whose rotation is on request.

    seconds, room: how much is kept, in seconds and bytes of memory; 0: no seconds, or 256 MiB. trigger: packets that
    match make a savefile. request: whoever asks for one (Request). at_end: whether the end of the run does. live: whether
    the packets' clock is that of this host, so that a file can end without another packet.
    """

    def __cinit__(self, PcapngSink inner not None, *, double seconds=0, uint64_t room=0, PacketFilter trigger=None,
                  Request request=None, bint at_end=False, bint live=True):
        self.inner = inner
        self.trigger = trigger
        self.request = request
        self.at_end = at_end
        self.live = live
        self.span = <int64_t>(seconds * 1e9)
        self.room = room or ROOM
        self.piece = min(<uint64_t>CHUNK, self.room // PIECES)
        self.chunks = collections.deque()
        self.crowded_out = collections.deque()
        self.current = Chunk(self.piece)
        self.gone = collections.deque()
        self.free = []

    def __dealloc__(self):
        buffer_free(&self.numbers)

    # ------------------------------------------------------------------ packets

    cdef int start(self) except -1:
        return self.inner.start()

    cdef int packet(self, const Packet *p) except -1 nogil:
        self.last = p.time
        if self.writing and (p.time > self.until or self.left == 0):
            with gil:
                self.end()
        if self.live and self.request is not None and 0 < self.request.time < p.time:
            with gil:
                self.answer(self.request.time)
        if self.trigger is not None and self.trigger.matches(p):
            with gil:
                self.dump("a packet matches", p.time)
        return self.write(p) if self.writing else self.keep(p)

    cdef int write(self, const Packet *p) except -1 nogil:
        cdef Packet renumbered = p[0]
        renumbered.interface = self.number(p.interface) - 1
        self.left -= min(self.left, <uint64_t>p.captured)
        return self.inner.packet(&renumbered)

    cdef int keep(self, const Packet *p) except -1 nogil:
        if self.current.full_for(p):
            with gil:
                self.next_chunk()
        return self.current.add(p, self.number(p.interface) - 1)

    cdef int next_chunk(self) except -1:
        self.bytes += self.current.size()
        self.chunks.append(self.current)
        self.chunks_so_far += 1
        self.current = Chunk(self.piece)
        return self.forget(self.last)

    cdef int forget(self, int64_t now) except -1:
        """Let go of what is too old, and of what there is no room for."""
        cdef Chunk oldest
        while self.chunks:
            oldest = self.chunks[0]
            old = self.span and oldest.last < now - self.span
            if not old and self.bytes + self.current.size() <= self.room:
                break
            self.chunks.popleft()
            self.bytes -= oldest.size()
            if old:
                self.old += oldest.count
            else:
                self.crowded_out.append((oldest.last, oldest.count))
        while self.crowded_out and (len(self.crowded_out) > MOST_GONE or
                                    (self.span and self.crowded_out[0][0] < now - self.span)):
            self.old += self.crowded_out.popleft()[1]
        return self.free_numbers()

    # ------------------------------------------------------------------ savefiles

    cdef int dump(self, str reason, int64_t now) except -1:
        """Begin a savefile with what is kept, or have the present one go on."""
        cdef int64_t since = now - self.span if self.span else -INT64_MAX
        self.until = now + self.span if self.span else INT64_MAX
        self.left = UINT64_MAX if self.span else self.room
        if self.writing:
            return 0
        self.chunks.append(self.current)
        self.current = Chunk(self.piece)
        self.chunks_so_far += 1
        self.bytes = 0
        self.forget_by_room(now)
        missing = sum([number for _, number in self.crowded_out])
        crowded = sum([number for last, number in self.crowded_out if last >= since]) if self.span else 0
        older = self.old + missing - crowded + sum([self.older_in(chunk, since) for chunk in self.chunks])
        self.inner.next_section([self.account(reason, now, older, crowded)])
        self.writing = True
        while self.chunks:
            self.write_kept(self.chunks.popleft(), since)
        self.crowded_out.clear()
        self.old = 0
        return self.free_numbers()

    def forget_by_room(self, now):
        """Keep within the room to a chunk's size, now that no chunk is being filled."""
        self.bytes = sum([(<Chunk>chunk).size() for chunk in self.chunks])
        self.forget(now)

    def older_in(self, Chunk chunk, int64_t since):
        """How many packets of a chunk are too old."""
        cdef Packet p
        cdef size_t at = 0
        cdef uint64_t n = 0
        while at < chunk.data.len:
            at = chunk.read(at, &p)
            n += p.time < since
        return n

    def account(self, reason, now, older, crowded):
        """What a savefile says of itself."""
        kept = sum([(<Chunk>chunk).count for chunk in self.chunks])
        text = f"Recorder: {reason} at {moment(now)}"
        if older:
            text += f"; {older} earlier packets are not in this file"
        if crowded:
            text += (f"; up to {crowded} packets of the {self.span / 1e9:g} s before were given up, for there was room "
                     f"for {self.room} bytes")
        return text if kept or older or crowded else text + "; there were no packets before"

    cdef int write_kept(self, Chunk chunk, int64_t since) except -1:
        cdef Packet p
        cdef size_t at = 0
        with nogil:
            while at < chunk.data.len:
                at = chunk.read(at, &p)
                if p.time >= since:
                    self.inner.packet(&p)
        return 0

    cdef int end(self) except -1:
        """Finish a savefile."""
        self.writing = False
        return self.inner.end_file()

    # ------------------------------------------------------------------ interfaces

    cdef uint32_t number(self, uint32_t row) noexcept nogil:
        return (<uint32_t *>self.numbers.data)[row] if row < self.numbers.len // sizeof(uint32_t) else 0

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        cdef uint32_t none = 0
        cdef uint32_t number
        while self.numbers.len // sizeof(uint32_t) <= row:
            put_bytes(&self.numbers, &none, sizeof(none))
        self.drop_interface(row)
        if self.free:
            number = self.free.pop()
        else:
            number = self.given
            self.given += 1
        (<uint32_t *>self.numbers.data)[row] = number + 1
        return self.inner.add_interface(number, interface)

    cpdef int drop_interface(self, uint32_t row) except -1:
        cdef uint32_t number = self.number(row)
        if number:
            (<uint32_t *>self.numbers.data)[row] = 0
            self.gone.append((number - 1, self.chunks_so_far))
            self.free_numbers()
        return 0

    cdef int free_numbers(self) except -1:
        """Use numbers again of which no packets are kept."""
        cdef uint64_t oldest = self.chunks_so_far - <uint64_t>len(self.chunks)
        while self.gone and (self.gone[0][1] < oldest or (not self.chunks and self.current.count == 0)):
            number, _ = self.gone.popleft()
            self.inner.drop_interface(number)
            self.free.append(number)
        return 0

    # ------------------------------------------------------------------ all else

    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1:
        return self.inner.write_secrets(kind, secrets)

    cpdef int write_block(self, uint32_t kind, bytes body) except -1:
        return self.inner.write_block(kind, body) if self.writing else 0

    cpdef int set_statistics(self, uint32_t row, statistics) except -1:
        cdef uint32_t number = self.number(row)
        return self.inner.set_statistics(number - 1, statistics) if number else 0

    cpdef int ask_statistics(self, ask) except -1:
        return self.inner.ask_statistics(ask)

    cdef int settle(self) except -1 nogil:
        return self.inner.settle() if self.writing else 0

    cdef int flush(self) except -1 nogil:
        with gil:
            self.look_around()
        return self.inner.flush() if self.writing else 0

    def look_around(self):
        """See whether a savefile is asked for, or over."""
        cdef int64_t now = time.time_ns() if self.live else self.last
        # the buffers have been read since the flush before
        if self.request is not None and (not self.live or self.request.time <= self.looked - UNDER_WAY):
            self.answer(now)
        self.looked = now
        if self.writing and (now > self.until or self.left == 0):
            self.end()

    cdef int answer(self, int64_t now) except -1:
        """Begin the savefile that is asked for."""
        if self.request is not None and self.request.time:
            self.request.time = 0
            self.dump(self.request.reason, now)
        return 0

    cpdef int close(self) except -1:
        if self.closed:
            return 0
        self.closed = True
        try:
            self.answer(time.time_ns() if self.live else self.last)
            if self.at_end and not self.writing:
                self.dump("the run ends", time.time_ns() if self.live else self.last)
            if self.writing:
                self.end()
            elif not self.inner.begun:
                self.inner.next_section(["Recorder: nothing has asked for packets"])
        finally:
            self.inner.close()
        return 0
