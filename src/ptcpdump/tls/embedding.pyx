"""TLS secrets before the first packet that needs them: in a pcapng file (Decryption Secrets Block), and for --decrypt.

A reader like Wireshark takes a connection's keys when it comes to the Server Hello, and to the client's Finished. A program
makes them when it gets these packets, so we may have the packet first. Such a connection's packets wait, for a fifth of a
second at most, until the secrets that they need have come; those of other connections go on meanwhile.
"""

import time
from collections import OrderedDict, deque

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.dissect.core cimport dissect
from ptcpdump.dissect.packet_fields cimport (
    FOUND_CLIENT_HELLO, FOUND_QUIC_INITIAL, FOUND_SERVER_HELLO, FOUND_TCP, FOUND_UDP, PacketFields)
from ptcpdump.packet cimport no_owner
from ptcpdump.sinks.chunk cimport keep_text

from ptcpdump.dissect.quic import read_initials
from ptcpdump.tls.handshakes import EARLIER, TLS13, Handshake
from ptcpdump.tls.keylog import Once, line

TLS_KEY_LOG = 0x544c534b        # pcapng's type of secrets
PATIENCE = 0.2                  # seconds that packets wait for a secret
MOST_HELD = 16 << 20            # bytes of all packets that wait
MOST_FLOWS = 1 << 16            # connections whose handshake is under way
MOST_RANDOMS = 1 << 16          # connections whose secrets are remembered
PACKET_COST = 512               # bytes of a packet that waits beside its data


cdef bytes flow(const PacketFields *f, bint reverse):
    """An end and the other one: the sender first, or last."""
    cdef bytes one = (<const char *>f.ends.source)[:16] + f.ends.source_port.to_bytes(2, "big")
    cdef bytes other = (<const char *>f.ends.destination)[:16] + f.ends.destination_port.to_bytes(2, "big")
    return other + one if reverse else one + other


cdef class EmbeddingSink(ForwardingSink):
    """Stands before a sink that takes secrets: of pcapng files, or one that decrypts.

    add() may be called in any thread, all else in that of the run.
    """

    def __cinit__(self, Sink inner not None):
        self.arrived = deque()
        self.once = Once()
        self.known = OrderedDict()
        self.flows = OrderedDict()
        self.quic = OrderedDict()
        self.waiting = OrderedDict()
        self.by_random = {}

    def add(self, str label not None, bytes random not None, bytes secret not None) -> None:
        self.arrived.append((label, random, secret))
        self.news = 1

    @property
    def held_bytes(self) -> int:
        return self.held

    # ------------------------------------------------------------------ packets

    cdef int packet(self, const Packet *p) except -1 nogil:
        cdef PacketFields f
        cdef bint concerns
        dissect(&f, p.data, p.captured, p.length, p.linktype)
        if self.news or self.held:
            with gil:
                self.write_news()
                self.release(False)
        # with data, and what would overtake data that waits: to readers that would look like a loss
        concerns = f.found & FOUND_TCP and (f.payload_length or self.held)
        if concerns:
            with gil:
                concerns = self.look(p, &f)
        elif f.found & FOUND_UDP and (f.found & FOUND_QUIC_INITIAL or self.quic_under_way):
            with gil:
                concerns = self.look_at_quic(p, &f)
                self.quic_under_way = len(self.quic) > 0
        if not concerns:
            self.inner.packet(p)
        return 0

    cdef int look(self, const Packet *p, PacketFields *f) except -1:
        """What a packet of TCP means for a handshake. Returns 1 when it waits, 0 when it may go on."""
        cdef bytes key
        if f.found & FOUND_CLIENT_HELLO and f.hello_random.len == 32:
            return self.begin(flow(f, False), (<const char *>p.data + f.hello_random.at)[:32])
        if not self.flows:
            return 0
        key = flow(f, False)
        handshake = self.flows.get(key) or self.flows.get(flow(f, True))
        if handshake is None:
            return 0
        if not f.payload_length:
            pass
        elif handshake.stage == 0 and f.found & FOUND_SERVER_HELLO:
            handshake.stages = TLS13 if f.hello_version >= 0x0304 else EARLIER
            self.next_stage(handshake)
        elif handshake.stage == 1 and handshake.client == key:
            self.next_stage(handshake)
        return self.hold(p, handshake)

    cdef int hold(self, const Packet *p, handshake) except -1:
        """Have a packet wait if its connection does: 1, else 0."""
        if handshake.client not in self.waiting:
            if handshake.stage == 2:
                handshake.home.pop(handshake.client, None)      # nothing of it will wait any more
            return 0
        handshake.packets.append(copy_of(p))
        self.held += p.captured + PACKET_COST
        if self.held > MOST_HELD:
            self.let_go(next(iter(self.waiting.values())))
        return 1

    cdef int look_at_quic(self, const Packet *p, PacketFields *f) except -1:
        """What a datagram means for a handshake in QUIC, whose Initial packets can be opened by everyone (RFC 9001, 5.2).

        Where `cryptography` is not installed, nothing waits.
        """
        cdef bytes key = b"quic" + flow(f, False)
        handshake = self.quic.get(key) or self.quic.get(b"quic" + flow(f, True))
        if f.found & FOUND_QUIC_INITIAL and (handshake is None or handshake.client == key and handshake.stage == 0):
            for initial in read_initials((<const char *>p.data + f.quic_initial.at)[:f.quic_initial.len]):
                if initial.frames and handshake is None:
                    handshake = self.quic[key] = Handshake(key, b"", self.quic)
                    handshake.stages = TLS13
                if handshake is not None:
                    handshake.hello.add(initial.frames or ())
                    handshake.random = handshake.hello.random()
            if len(self.quic) > MOST_FLOWS:
                self.let_go(self.quic.pop(next(iter(self.quic))))
        elif handshake is not None and handshake.random and handshake.stage < 2 and (
                (handshake.client == key) == (handshake.stage == 1)):
            self.next_stage(handshake)
        return 0 if handshake is None else self.hold(p, handshake)

    cdef int begin(self, bytes client, bytes random) except -1:
        """A Client Hello has come; the same one may come again, from another interface or after a retry request."""
        handshake = self.flows.get(client)
        if handshake is not None and handshake.random == random:
            return 0
        if handshake is not None:
            self.let_go(handshake)
        self.flows[client] = Handshake(client, random, self.flows)
        if len(self.flows) > MOST_FLOWS:
            self.let_go(self.flows.pop(next(iter(self.flows))))
        return 0

    def next_stage(self, handshake):
        """Have a connection's packets wait for what the next stage needs, unless it is there."""
        handshake.needs |= handshake.stages[handshake.stage]
        handshake.stage += 1
        if not self.satisfied(handshake):
            handshake.deadline = time.monotonic() + PATIENCE
            self.waiting[handshake.client] = handshake
            self.waiting.move_to_end(handshake.client)      # so the first of them is the next whose time is over
            self.by_random.setdefault(handshake.random, {})[handshake.client] = handshake

    def satisfied(self, handshake):
        """Whether all that it needs so far is written."""
        return handshake.needs <= self.known.get(handshake.random, frozenset())

    cdef int release(self, bint all_of_them) except -1:
        """Let packets go on that have waited for too long."""
        now = time.monotonic()
        while self.waiting:
            handshake = next(iter(self.waiting.values()))
            if not all_of_them and now < handshake.deadline:
                break
            self.let_go(handshake)
        return 0

    def let_go(self, handshake):
        """Hand on what waits of a connection."""
        cdef Held held
        if self.waiting.pop(handshake.client, None) is None:
            return
        others = self.by_random[handshake.random]
        del others[handshake.client]
        if not others:
            del self.by_random[handshake.random]
        if handshake.stage == 2:
            handshake.home.pop(handshake.client, None)  # nothing of it will wait any more
        packets, handshake.packets = handshake.packets, []
        for held in packets:
            self.held -= held.packet.captured + PACKET_COST
            self.pass_on(held)

    cdef int pass_on(self, Held held) except -1:
        with nogil:
            self.inner.packet(&held.packet)
            self.inner.settle()
        return 0

    # ------------------------------------------------------------------ secrets

    cdef int write_news(self) except -1:
        """Write the secrets that have come, and let go what has waited for them."""
        self.news = 0
        lines, randoms = [], set()
        while self.arrived:
            label, random, secret = self.arrived.popleft()
            if self.once(label, random, secret):
                lines.append(line(label, random, secret))
                self.known[random] = self.known.get(random, frozenset()) | {label}
                self.known.move_to_end(random)
                if len(self.known) > MOST_RANDOMS:
                    self.known.popitem(last=False)
                randoms.add(random)
        if lines:
            self.inner.write_secrets(TLS_KEY_LOG, b"".join(lines))
        for random in randoms:
            for handshake in list(self.by_random.get(random, {}).values()):
                if self.satisfied(handshake):
                    self.let_go(handshake)
        return 0

    # ------------------------------------------------------------------ all else

    cdef int flush(self) except -1 nogil:
        if self.news or self.held:
            with gil:
                self.write_news()
                self.release(False)
        return self.inner.flush()

    cpdef int drop_interface(self, uint32_t row) except -1:
        self.write_news()
        self.release(True)
        return self.inner.drop_interface(row)

    cpdef int close(self) except -1:
        try:
            self.write_news()
            self.release(True)
        finally:
            self.inner.close()
        return 0


cdef Held copy_of(const Packet *p):
    """A packet with all that a savefile, a line of text and a record take of it."""
    cdef Held held = Held.__new__(Held)
    cdef uint32_t i
    held.packet = p[0]
    held.data = (<const char *>p.data)[:p.captured]
    held.packet.data = <const uint8_t *><const char *>held.data
    held.packet.stays = False
    no_owner(&held.packet)      # in the source's words, which are gone by then
    if p.context != NULL:
        held.text = keep_text(p.context)
        held.packet.context = &held.text.text
    held.further = [keep_text(p.also[i]) for i in range(p.also_count)]
    for i in range(p.also_count):
        held.also[i] = &(<KeptText>held.further[i]).text
    held.packet.also = held.also
    held.packet.also_count = p.also_count
    return held
