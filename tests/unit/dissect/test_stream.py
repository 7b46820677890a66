"""TCP streams put together, against a model that is as simple as possible."""

import random
from dataclasses import dataclass, field
from itertools import pairwise
from time import process_time

import pytest
import wire
from bounded import bounded
from hypothesis import given, settings
from hypothesis import strategies as st

from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.stream import Stream
from ptcpdump.dissect.stream_events import Data, End, Event, Gap, Start
from ptcpdump.dissect.streams import Streams

FIN, SYN, RST, ACK = 1, 2, 4, 16
SECOND = 1_000_000_000
MODULUS = 1 << 32
NEVER = 1 << 60


def joined(events: list[Event]) -> list[Event]:
    """Neighbouring pieces of data, and neighbouring gaps, as one."""
    found: list[Event] = []
    for event in events:
        last = found[-1] if found else None
        if isinstance(event, Data) and isinstance(last, Data):
            found[-1] = Data(last.offset, last.data + event.data)
        elif isinstance(event, Gap) and isinstance(last, Gap):
            found[-1] = Gap(last.offset, last.length + event.length)
        else:
            found.append(event)
    return found


# --------------------------------------------------------------------------- the model


@dataclass
class Model:
    """A byte for each offset; the first copy wins; None: sent but not captured."""

    base: int
    bytes: dict[int, int | None] = field(default_factory=dict)

    def segment(self, seq: int, payload: bytes, length: int) -> None:
        start = (seq - self.base + MODULUS // 2) % MODULUS - MODULUS // 2
        for i in range(length):
            if start + i >= 0:
                self.bytes.setdefault(start + i, payload[i] if i < len(payload) else None)

    def events(self) -> list[Event]:
        found: list[Event] = []
        at = 0
        for offset, value in sorted(self.bytes.items()):
            if offset > at:
                found.append(Gap(at, offset - at))
            found.append(Gap(offset, 1) if value is None else Data(offset, bytes([value])))
            at = offset + 1
        return joined(found)


SEGMENTS = st.lists(st.tuples(st.integers(-20, 120), st.binary(max_size=40), st.integers(0, 3)), max_size=40)


@settings(max_examples=bounded(100), deadline=None)
@given(st.integers(0, MODULUS - 1), SEGMENTS)
def test_any_segments_in_any_order(base: int, segments: list[tuple[int, bytes, int]]) -> None:
    """Overlaps with other contents, retransmissions, holes, cut segments, numbers that wrap."""
    stream, model = Stream(hold=NEVER), Model(base)
    events = stream.segment(base - 1 & MODULUS - 1, SYN, b"")
    delivered = seen = known = 0
    for offset, payload, cut in segments:
        seq = (base + offset) % MODULUS
        events += stream.segment(seq, ACK, payload, length=len(payload) + cut)
        model.segment(seq, payload, len(payload) + cut)
        while seen < len(events):
            event = events[seen]
            delivered += len(event.data) if isinstance(event, Data) else event.length if isinstance(event, Gap) else 0
            seen += 1
        assert delivered == stream.offset
        while known in model.bytes:
            known += 1
        assert stream.offset == known
    events += stream.close()
    assert joined(events[1:-1]) == model.events()
    assert events[0] == Start(False)
    assert events[-1] == End(stream.offset, "closed")
    assert stream.held == 0


@settings(max_examples=bounded(100), deadline=None)
@given(
    st.integers(0, MODULUS - 1),
    st.binary(min_size=1, max_size=3000),
    st.randoms(use_true_random=False),
    st.integers(1, 600),
)
def test_whole_stream_out_of_order_with_duplicates(base: int, content: bytes, pick: random.Random, size: int) -> None:
    cuts = sorted({0, len(content), *(pick.randrange(len(content)) for _ in range(len(content) // size))})
    parts = [
        (start, content[start : start + end - start + pick.randrange(20)])
        for start, end in pairwise(cuts)
    ]
    parts += pick.choices(parts, k=len(parts) // 3)
    pick.shuffle(parts)
    stream = Stream(hold=NEVER)
    events = stream.segment(base, SYN, b"")
    for start, part in parts:
        events += stream.segment((base + 1 + start) % MODULUS, ACK, part)
    events += stream.segment((base + 1 + len(content)) % MODULUS, FIN | ACK, b"")
    assert joined(events) == [Start(False), Data(0, content), End(len(content), "fin")]


@settings(max_examples=bounded(100), deadline=None)
@given(SEGMENTS, st.integers(0, 2000), st.integers(1, 5))
def test_bounds_hold(segments: list[tuple[int, bytes, int]], limit: int, hold: int) -> None:
    stream = Stream(hold=hold, limit=limit)
    stream.segment(99, SYN, b"")
    at = 0
    for time, (offset, payload, cut) in enumerate(segments):
        for event in stream.segment((100 + offset * 7) % MODULUS, ACK, payload, time, len(payload) + cut):
            assert event.offset == at  # nothing is left out, nothing comes twice
            at += len(event.data) if isinstance(event, Data) else event.length
        assert stream.held <= limit
    assert at == stream.offset


# --------------------------------------------------------------------------- one direction


def test_in_order() -> None:
    stream = Stream()
    assert stream.segment(10, SYN, b"") == [Start(False)]
    assert stream.segment(11, ACK, b"ab") == [Data(0, b"ab")]
    assert stream.segment(13, ACK, b"") == []
    assert stream.segment(13, FIN | ACK, b"c") == [Data(2, b"c"), End(3, "fin")]
    assert stream.segment(13, FIN | ACK, b"c") == []


def test_data_with_the_syn() -> None:
    assert Stream().segment(10, SYN, b"ab") == [Start(False), Data(0, b"ab")]


def test_first_copy_wins() -> None:
    stream = Stream()
    stream.segment(0, SYN, b"")
    assert stream.segment(4, ACK, b"DEF") == []
    assert stream.segment(2, ACK, b"23456789") == []
    assert joined(stream.segment(1, ACK, b"abcdefghij")) == [Data(0, b"a23DEF789j")]
    assert stream.segment(1, ACK, b"ABCDEFGHIJ") == []


def test_joined_midway() -> None:
    stream = Stream()
    assert stream.segment(500, ACK, b"") == []
    assert stream.segment(500, ACK, b"ab") == [Start(True), Data(0, b"ab")]
    assert stream.segment(490, ACK, b"0123456789ab") == []
    assert stream.midstream


def test_wrapping_numbers() -> None:
    stream = Stream()
    stream.segment(MODULUS - 3, SYN, b"")
    assert stream.segment(1, ACK, b"cd") == []
    assert joined(stream.segment(MODULUS - 2, ACK, b"xyz")) == [Data(0, b"xyzcd")]


def test_a_hole_is_given_up_after_some_time() -> None:
    stream = Stream(hold=SECOND)
    stream.segment(0, SYN, b"", 0)
    assert stream.segment(11, ACK, b"later", SECOND) == []
    assert stream.expire(2 * SECOND - 1) == []
    assert stream.expire(2 * SECOND) == [Gap(0, 10), Data(10, b"later")]
    assert stream.segment(1, ACK, b"too late..", 3 * SECOND) == []


def test_a_hole_is_given_up_when_too_much_waits() -> None:
    stream = Stream(limit=1000)
    stream.segment(0, SYN, b"")
    assert stream.segment(11, ACK, bytes(500)) == []
    assert joined(stream.segment(511, ACK, bytes(500))) == [Gap(0, 10), Data(10, bytes(1000))]


def test_cut_off_bytes_are_a_gap_at_once() -> None:
    stream = Stream()
    stream.segment(0, SYN, b"")
    assert stream.segment(1, ACK, b"abc", length=10) == [Data(0, b"abc"), Gap(3, 7)]
    assert stream.segment(11, ACK, b"next") == [Data(10, b"next")]


def test_end_with_a_hole_before_it() -> None:
    stream = Stream(hold=NEVER)
    stream.segment(0, SYN, b"")
    assert stream.segment(5, FIN | ACK, b"end") == []
    assert stream.close() == [Gap(0, 4), Data(4, b"end"), End(7, "fin")]


def test_fin_alone_behind_a_hole() -> None:
    stream = Stream(hold=NEVER)
    stream.segment(0, SYN, b"")
    assert stream.segment(5, FIN | ACK, b"") == []
    assert joined(stream.segment(1, ACK, b"abcd")) == [Data(0, b"abcd"), End(4, "fin")]


def test_reset() -> None:
    stream = Stream(hold=NEVER)
    stream.segment(0, SYN, b"")
    stream.segment(1, ACK, b"abc")
    assert stream.segment(8, ACK, b"def") == []
    assert stream.segment(1000, RST, b"") == []  # not within what was sent
    assert stream.segment(4, RST, b"") == [Gap(3, 4), Data(7, b"def"), End(10, "rst")]
    assert stream.ended


def test_another_connection_of_the_same_ends() -> None:
    stream = Stream()
    stream.segment(0, SYN, b"")
    stream.segment(1, ACK, b"abc")
    assert stream.segment(0, SYN, b"") == []  # the same one again
    assert stream.segment(9000, SYN, b"") == [End(3, "new"), Start(False)]
    assert stream.segment(9001, ACK, b"new") == [Data(0, b"new")]
    assert stream.segment(9004, FIN, b"") == [End(3, "fin")]
    assert stream.segment(77, SYN, b"") == [Start(False)]


def test_far_numbers_are_ignored() -> None:
    stream = Stream()
    stream.segment(0, SYN, b"")
    assert stream.segment(1 + (1 << 30) + 1, ACK, b"x") == []
    assert stream.held == 0


def test_segments_of_gro() -> None:
    stream = Stream()
    stream.segment(MODULUS - 1, SYN, b"")
    content = random.Random(1).randbytes(2 << 20)
    size = 512 << 10
    events = [
        event for at in range(0, len(content), size) for event in stream.segment(at, ACK, content[at : at + size])
    ]
    assert joined(events) == [Data(0, content)]


def test_keepalive() -> None:
    stream = Stream()
    stream.segment(0, SYN, b"")
    stream.segment(1, ACK, b"abc")
    assert stream.segment(3, ACK, b"\0") == []
    assert stream.segment(4, ACK, b"d") == [Data(3, b"d")]


# --------------------------------------------------------------------------- all of a capture


def segment(seq: int, payload: bytes = b"", flags: int = ACK, port: int = 1) -> Fields:
    return Fields(wire.tcp(payload, port, 80, seq=seq, flags=flags), 101)


def test_streams_are_kept_apart() -> None:
    streams = Streams()
    found = []
    for scope in (None, 1):
        for port in (1, 2):
            found += streams.feed(segment(9, flags=SYN, port=port), 0, scope)
            found += streams.feed(segment(10, b"%d" % port, port=port), 0, scope)
    assert [event.data for _, event in found if isinstance(event, Data)] == [b"1", b"2", b"1", b"2"]
    assert len({key for key, _ in found}) == len(streams) == 4


def test_both_directions_know_each_other() -> None:
    request = Fields(wire.tcp(b"?", 1, 2, seq=5), 101)
    answer = Fields(wire.tcp(b"!", 2, 1, seq=5, source=wire.IP_B, target=wire.IP_A), 101)
    assert request.flow == answer.reverse_flow != answer.flow


def test_too_many_streams() -> None:
    streams = Streams(streams=2)
    streams.feed(segment(10, b"a", port=1), 0)
    streams.feed(segment(10, b"b", port=2), 1)
    streams.feed(segment(11, b"c", port=1), 2)
    found = streams.feed(segment(10, b"d", port=3), 3)
    assert found[0] == ((None, segment(0, port=2).flow), End(1, "evicted"))
    assert len(streams) == 2


def test_many_streams_are_forgotten_as_quickly_as_they_are_learned() -> None:
    streams = Streams(streams=60000)
    begun = process_time()
    for port in range(60000):
        streams.feed(segment(10, b"a", port=port), 0)
    fed = process_time()
    assert len(streams.close()) >= 60000
    assert process_time() - fed < fed - begun


def test_too_much_held_back() -> None:
    streams = Streams(total=5000, hold=NEVER)
    for port in (1, 2, 3):
        streams.feed(segment(0, flags=SYN, port=port), port)
    assert streams.feed(segment(100, bytes(2000), port=1), 10) == []
    assert streams.feed(segment(100, bytes(2000), port=2), 11) == []
    found = streams.feed(segment(100, bytes(2000), port=3), 12)
    assert [(key[1], type(event)) for key, event in found] == [(segment(0, port=1).flow, kind) for kind in (Gap, Data)]
    assert streams.held <= 5000


def test_other_streams_let_time_pass() -> None:
    streams = Streams(hold=10, idle=100)
    streams.feed(segment(0, flags=SYN, port=1), 0)
    streams.feed(segment(5, b"x", port=1), 1)
    found = streams.feed(segment(0, flags=SYN, port=2), 11)
    assert [event for _, event in found] == [Gap(0, 4), Data(4, b"x"), Start(False)]
    found = streams.feed(Fields(wire.udp(b"", 1, 2), 101), 101)
    assert found == [((None, segment(0, port=1).flow), End(5, "idle"))]
    assert len(streams) == 1


def test_nothing_is_kept_of_what_can_not_begin_a_stream() -> None:
    streams = Streams()
    for port in range(1, 100):
        assert streams.feed(segment(5, port=port), 0) == []
        assert streams.feed(segment(5, flags=RST, port=port), 0) == []
    assert len(streams) == 0


def test_close() -> None:
    streams = Streams(hold=NEVER)
    streams.feed(segment(0, flags=SYN), 0)
    streams.feed(segment(5, b"x"), 0)
    assert [event for _, event in streams.close()] == [Gap(0, 4), Data(4, b"x"), End(5, "closed")]
    assert (len(streams), streams.held) == (0, 0)


@pytest.mark.parametrize("seed", range(20))
def test_accounts_of_many_streams(seed: int) -> None:
    """Whatever comes: what is held back stays within bounds, and nothing is left at the end."""
    pick = random.Random(seed)
    streams = Streams(hold=20, limit=3000, total=9000, streams=20, idle=200)
    ends: dict[object, int] = {}
    for time in range(3000):
        fields = segment(
            pick.randrange(3000),
            pick.randbytes(pick.choice((0, 1, 100, 900))),
            pick.choice((ACK, ACK, ACK, SYN, FIN, RST)),
            pick.randrange(1, 40),
        )
        for key, event in streams.feed(fields, time):
            if isinstance(event, Start):
                assert key not in ends
                ends[key] = 0
            else:
                assert event.offset == ends[key]
                ends[key] += (
                    len(event.data) if isinstance(event, Data) else event.length if isinstance(event, Gap) else 0
                )
            if isinstance(event, End):
                del ends[key]
        assert streams.held <= 9000
        assert len(streams) <= 20
    for key, event in streams.close():
        if isinstance(event, End):
            del ends[key]
    assert not ends
    assert streams.held == 0
