"""Texts of the owners of packets that are captured live: looked up for every packet, made once.

The same owner has another text after it has run another program, so a text holds for a time only. Bounded: when half of
the slots are taken, all begins anew.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from ptcpdump.context.texts cimport release_text


cdef enum:
    SLOTS = 65536           # a power of two; at half of it the table begins anew


cdef inline uint32_t slot_of(const OwnerKey *o) noexcept nogil:
    cdef uint64_t h = (o.start ^ <uint64_t>o.pid << 32 ^ o.tid ^ o.cgroup << 7 ^ o.found) * <uint64_t>0x9e3779b97f4a7c15
    return <uint32_t>(h ^ h >> 32) & (SLOTS - 1)


cdef str name(const char *comm):
    """A task's name as the kernel has it, bytes that are no UTF-8 as PEP 383 says."""
    return comm[:16].split(b"\0", 1)[0].decode(errors="surrogateescape")


cdef class OwnerTexts:
    """Texts of owners.

    processes: the context.processes.ProcessTable, which is fed the kernel's events. resolve(pid, tid, host_pid, start,
    uid, cgroup, found, comm, thread_name, time) gives (Context, since, until, process instance), times in
    CLOCK_MONOTONIC ns.
    """

    def __cinit__(self, ContextCache cache not None, processes, resolve):
        self.cache = cache
        self.processes = processes
        self.resolve = resolve
        self.by_process = {}
        self.known = <Known *>calloc(SLOTS, sizeof(Known))
        if self.known == NULL:
            raise MemoryError

    def __dealloc__(self):
        cdef uint32_t i
        if self.known != NULL:
            for i in range(SLOTS):
                if self.known[i].text != NULL:
                    release_text(self.known[i].text)
        free(self.known)

    def __len__(self):
        return self.count

    cdef const ContextText *find(self, const OwnerKey *owner, uint64_t time) except NULL nogil:
        cdef uint32_t i = slot_of(owner)
        cdef Known *known = &self.known[i]
        while known.text != NULL:
            if memcmp(&known.key, owner, sizeof(OwnerKey)) == 0:
                if known.since <= time < known.until:
                    return known.text
                break       # another program's time: its text takes this slot
            i = (i + 1) & (SLOTS - 1)
            known = &self.known[i]
        with gil:
            return self.learn(owner, time, i)

    cdef const ContextText *learn(self, const OwnerKey *owner, uint64_t time, uint32_t slot) except NULL:
        cdef const ContextText *text
        cdef Known *known
        context, since, until, process = self.resolve(
            owner.pid, owner.tid, owner.host_pid[0] | owner.host_pid[1] << 8 | owner.host_pid[2] << 16, owner.start,
            owner.uid, owner.cgroup, owner.found, name(owner.process_comm), name(owner.comm), time)
        text = self.cache.intern(context)
        if self.known[slot].text == NULL:
            if self.count >= SLOTS // 2:
                self.forget_all()
                slot = slot_of(owner)
            self.count += 1
        else:
            release_text(self.known[slot].text)
        known = &self.known[slot]
        memcpy(&known.key, owner, sizeof(OwnerKey))
        known.since = since
        known.until = until
        known.text = text
        self.by_process.setdefault(process, set()).add(slot)
        return text

    def process_event(self, bytes event not None) -> None:
        """Take in what the kernel tells of a process: what it ran until then holds no longer."""
        cdef uint64_t time
        cdef Known *known
        process = self.processes.feed(event)
        if process[0]:
            memcpy(&time, <const char *>event, sizeof(time))    # the first field
            for slot in self.by_process.pop(process, ()):
                known = &self.known[<uint32_t>slot]
                known.until = min(known.until, time)

    def forget_all(self) -> None:
        """Look all owners up anew: more is known of some, or the table is full."""
        cdef uint32_t i
        for i in range(SLOTS):
            if self.known[i].text != NULL:
                release_text(self.known[i].text)
        memset(self.known, 0, SLOTS * sizeof(Known))
        self.count = 0
        self.rounds += 1
        self.by_process.clear()
