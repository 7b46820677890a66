"""Printers in Python: their window on a packet ends with it, and what they do wrong stays theirs."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from ptcpdump.errors import PrinterError
from ptcpdump.printers.base import calling, core, families
from ptcpdump.printers.base.view import View
from tests.unit.printers.packets import udp

families.load()
RAW = 101
PORTS = iter(range(47100, 48000))   # a port of its own for each printer


def printed(printer: Callable[[View], object], payload: bytes = b"abcd", port: int = 0) -> str:
    """What is printed of a datagram to a port that this printer serves."""
    port = port or next(PORTS)
    calling.register("udp.port", port, printer)
    text: bytes = core.render(udp(port, payload), RAW)
    return text.decode().split(": ", 1)[1]


@pytest.fixture(autouse=True)
def mistakes_are_told() -> Iterator[None]:
    """As in a run: other tests have them collected."""
    before, calling.faults = calling.faults, None
    yield
    calling.faults = before


USES: dict[str, Callable[[View], object]] = {
    "protocol": lambda v: v.protocol,
    "set protocol": lambda v: setattr(v, "protocol", "late"),
    "captured": lambda v: v.captured,
    "verbose": lambda v: v.verbose,
    "quiet": lambda v: v.quiet,
    "numeric": lambda v: v.numeric,
    "asdot": lambda v: v.asdot,
    "sport": lambda v: v.sport,
    "dport": lambda v: v.dport,
    "ip_version": lambda v: v.ip_version,
    "addresses": lambda v: v.addresses,
    "fragmented": lambda v: v.fragmented,
    "forced": lambda v: v.forced,
    "ttl": lambda v: v.ttl,
    "checksum": lambda v: v.checksum(0, 2),
    "checksum with pseudo-header": lambda v: v.checksum(0, 2, 17),
    "address": lambda v: v.address(destination=True),
    "has": lambda v: v.has(0),
    "u8": lambda v: v.u8(0),
    "u16": lambda v: v.u16(0),
    "u24": lambda v: v.u24(0),
    "u32": lambda v: v.u32(0),
    "u64": lambda v: v.u64(0),
    "le16": lambda v: v.le16(0),
    "le32": lambda v: v.le32(0),
    "bytes": lambda v: v.bytes(0, 1),
    "sub": lambda v: v.sub(0, 1),
    "say": lambda v: v.say("late"),
    "safe": lambda v: v.safe(0, 1),
    "safe_text": lambda v: v.safe_text(0, 1),
    "ip4": lambda v: v.ip4(0),
    "ip6": lambda v: v.ip6(0),
    "mac": lambda v: v.mac(0),
    "mark": lambda v: v.mark(),
    "unknown": lambda v: v.unknown("\n", 0, 1),
    "hexdump": lambda v: v.hexdump("\n", 0, 1),
    "dump": lambda v: v.dump("\n", 0, 1),
    "dispatch": lambda v: v.dispatch("udp.port", 53, 0, 1),
    "length": lambda v: v.length,
}


def test_every_use_is_tried() -> None:
    public = {name for name in dir(View) if not name.startswith("_")}
    assert public - {use.partition(" ")[0] for use in USES} == set()


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("part", [False, True], ids=["whole", "part"])
def test_a_view_that_was_kept_raises(use: Callable[[View], object], *, part: bool) -> None:
    kept = []
    printed(lambda v: kept.append(v.sub(0, 2).sub(1, 1) if part else v))
    with pytest.raises(PrinterError, match="the packet of this View is gone"):
        use(kept[0])


def test_safe_text_is_what_safe_appends() -> None:
    texts = []

    def use(view: View) -> None:
        view.say("<")
        texts.append(view.safe_text(0, 0))
        texts.append(view.safe_text(0, 256))
        view.safe(0, 256)
        view.safe_text(1, 256)      # ends behind the packet: what was said stays

    assert printed(use, bytes(range(256))) == f"<{texts[1]} [|udp]"
    assert texts[0] == ""


def test_a_view_that_nobody_made_raises() -> None:
    with pytest.raises(PrinterError, match="is gone"):
        View().u8(0)


def test_a_view_that_was_kept_raises_inside_the_next_packet(caplog: pytest.LogCaptureFixture) -> None:
    kept: list[View] = []

    def keep(window: View) -> None:
        kept.append(window)
        window.say(str(kept[0].u8(0)))

    port = next(PORTS)
    assert printed(keep, port=port) == "97"
    assert core.render(udp(port, b"xyz"), RAW).endswith(b"UDP, length 3")
    assert "test_view:test_a_view_that_was_kept_raises_inside_the_next_packet.<locals>.keep failed (PrinterError: " in (
        caplog.text)


@pytest.mark.parametrize("error", [ValueError("no\x1b[2J"), SystemExit(3), RecursionError(), AssertionError()])
def test_a_mistake_ends_that_printer_alone(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def broken(window: View) -> None:
        window.protocol = "broken"
        window.say("half a line")
        calls.append(window.length)
        raise error

    port = next(PORTS)
    caplog.set_level(logging.DEBUG, logger="ptcpdump")
    assert printed(broken, port=port) == "UDP, length 4"
    assert core.render(udp(port, b"abc"), RAW).endswith(b": UDP, length 3")
    assert calls == [4]
    (told,) = caplog.records
    assert told.levelname == "ERROR"
    assert f".broken failed ({type(error).__name__}: " in told.getMessage()
    assert "packets are printed without it from now on" in told.getMessage()
    assert "\x1b" not in told.getMessage()


def test_a_mistake_of_a_printer_that_came_twice_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: View) -> None:
        raise ValueError

    port = next(PORTS)
    calling.register("udp.port", port, broken)
    caplog.set_level(logging.DEBUG, logger="ptcpdump")
    assert printed(broken, port=port) == "UDP, length 4"
    assert core.render(udp(port, b"abcd"), RAW).endswith(b": UDP, length 4")
    assert len(caplog.records) == 1


def test_what_printers_say_does_not_act_on_a_terminal() -> None:
    def careless(window: View) -> None:
        window.protocol = "p\x1b[31m"
        window.say("a\x1b[2J\r\u202e\u200b\udcff\n\tb \u00e9 ")
        window.u8(window.length)

    assert printed(careless) == "a\\x1b[2J\\x0d\\u202e\\u200b\\xff\n\tb \u00e9  [|p\\x1b[31m]"


def test_a_withdrawn_printer_gives_its_port_back() -> None:
    dns = udp(53, bytes.fromhex("1234 0100 0001 0000 0000 0000 03777777 00 0001 0001"))
    before = core.render(dns, RAW)

    def broken(window: View) -> None:
        raise ValueError(window.length)

    calling.register("udp.port", 53, broken)
    assert core.render(dns, RAW) == before
    assert core.render(dns, RAW) == before


def test_a_printer_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    for target in ("nosuch_package:print", "json:nosuch"):
        port = next(PORTS)
        calling.register("udp.port", port, target)
        assert core.render(udp(port, b"abc"), RAW).endswith(b"UDP, length 3")
        assert f"printer {target} failed (" in caplog.text


def test_all_ports_of_a_broken_printer_are_given_back(caplog: pytest.LogCaptureFixture) -> None:
    def broken(window: View) -> None:
        raise ValueError(window.dport)

    ports = [next(PORTS), next(PORTS)]
    for port in ports:
        calling.register("udp.port", port, broken)
    assert [core.render(udp(port, b"abc"), RAW)[-15:] for port in ports] == [b": UDP, length 3"] * 2
    assert len(caplog.records) == 1


def test_ours_stay_after_a_mistake(caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def first_fails(window: View) -> None:
        calls.append(window.length)
        if len(calls) < 3:
            raise ValueError
        window.say("fine")

    first_fails.__module__ = "ptcpdump.printers.test"
    port = next(PORTS)
    calling.register("udp.port", port, first_fails)
    assert [core.render(udp(port, b"abc"), RAW).rpartition(b": ")[2] for _ in range(3)] == [
        b"UDP, length 3", b"UDP, length 3", b"fine"]
    assert len(caplog.records) == 1
    assert "please report this" in caplog.text


def test_ctrl_c_inside_a_printer_ends_the_rendering() -> None:
    def interrupted(window: View) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        window.say(str(window.length))

    port = next(PORTS)
    calling.register("udp.port", port, interrupted)
    with pytest.raises(KeyboardInterrupt):
        core.render(udp(port, b"abc"), RAW)


def test_endless_nesting_is_cut() -> None:
    def inward(window: View) -> None:
        window.say(".")
        if not window.dispatch("udp.port", window.dport, 0, window.length):
            window.say("!")

    text = printed(inward)
    assert text == "." * 32 + " [nesting too deep]!", text


def test_protocol_names_are_bounded() -> None:
    code = """
import itertools, struct
from ptcpdump.printers.base import calling, core, families
numbers = itertools.count()
def inventive(window):
    window.protocol = f"protocol {next(numbers)}"
    window.say("named")
families.load()
calling.register("linktype", 147, inventive)
print(sum(core.render(b"ab", 147) == b"named" for _ in range(5000)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert 4000 < int(done.stdout) <= 4096
    assert "name the protocol, not the packet" in done.stderr
