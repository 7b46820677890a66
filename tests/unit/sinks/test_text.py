import itertools
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import savefiles
from savefiles import UDP, UDP_TEXT, comments, interface, option, packet, pcap, printed, section

from ptcpdump.sinks.options import TextOptions, TimeStyle

TIMES = [(1700000000, 1500), (1700000001, 999999), (1699999999, 0), (1700090000, 5)]


def options(**flags) -> TextOptions:
    return TextOptions(numeric=True, **flags)


@pytest.fixture
def save(tmp_path):
    def write(content: bytes):
        path = tmp_path / "file"
        path.write_bytes(content)
        return path

    return write


def stamps(path, **flags) -> list[str]:
    return [line.removesuffix(UDP_TEXT) for line in printed(path, options(utc=True, **flags)).splitlines()]


def test_time_styles(save):
    path = save(pcap([(time, UDP) for time in TIMES]))
    assert stamps(path) == ["22:13:20.001500 ", "22:13:21.999999 ", "22:13:19.000000 ", "23:13:20.000005 "]
    assert stamps(path, times=TimeStyle.NONE) == [""] * 4
    assert stamps(path, times=TimeStyle.EPOCH)[0] == "1700000000.001500 "
    assert stamps(path, times=TimeStyle.PREVIOUS) == [
        " 00:00:00.000000 ", " 00:00:01.998499 ", "-00:00:02.999999 ", " 01:00:01.000005 "
    ]  # fmt: skip
    assert stamps(path, times=TimeStyle.DATE)[3] == "2023-11-15 23:13:20.000005 "
    assert stamps(path, times=TimeStyle.FIRST)[2] == "-00:00:01.001500 "
    assert stamps(path, nano=True)[0] == "22:13:20.001500000 "


@pytest.mark.parametrize("year", [1970, 1972, 1999, 2000, 2001, 2024, 2100, 2106])
def test_dates(save, year):
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(0, 365, 5)]
    path = save(pcap([(int(day.timestamp()), UDP) for day in days if day.timestamp() < 2**32]))
    assert stamps(path, times=TimeStyle.DATE) == [
        f"{day:%Y-%m-%d} 00:00:00.000000 " for day in days if day.timestamp() < 2**32
    ]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu"])
def test_local_time_over_clock_changes(save, zone):
    """Every half hour of three days around each clock change of a year, in a process that lives in that zone."""
    known = ZoneInfo(zone)
    hours = [datetime(2023, 1, 1, 0, 20, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(2 * 24 * 365)]
    changes = [
        b for a, b in itertools.pairwise(hours) if a.astimezone(known).utcoffset() != b.astimezone(known).utcoffset()
    ]
    chosen = [hour for hour in hours if any(abs(hour - change) < timedelta(days=1) for change in changes)] or hours[:9]
    path = save(pcap([(int(hour.timestamp()), UDP) for hour in chosen]))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from savefiles import *;"
        "print(printed(sys.argv[2], TextOptions(numeric=True, times=4)), end='')"
    )
    support = Path(savefiles.__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", code, support, path],
        env=os.environ | {"TZ": zone},
        check=True,
        capture_output=True,
        text=True,
    )
    assert [line[:19] for line in done.stdout.splitlines()] == [
        f"{hour.astimezone(known):%Y-%m-%d %H:%M:%S}" for hour in chosen
    ]


@pytest.mark.parametrize("style", TimeStyle)
@pytest.mark.parametrize("nano", [False, True])
def test_times_beyond_64_bits(save, style, nano):
    """pcapng holds any number in units of any size: the years shown are as wrong as the file, and nothing else is."""
    extremes = [0, (1 << 64) - 1, 1 << 63, (1 << 63) - 1, 1, 1 << 32]
    for unit in (b"\0", b"\x06", b"\x09", b"\xbf", b"\x12"):
        blocks = b"".join(packet(units=units) for units in extremes)
        path = save(section() + interface(options=option(9, unit)) + blocks)
        assert printed(path, options(utc=True, times=style, nano=nano)).count(UDP_TEXT) == len(extremes)


def test_differences_of_more_than_292_years(save):
    nine = 9 * 10**9    # seconds: 285 years, and eight hours in days
    early = interface(options=option(9, b"\0") + option(14, (-nine).to_bytes(8, "little", signed=True)))
    blocks = [packet(interface=0, units=0), packet(interface=1, units=nine), packet(interface=0, units=0)]
    path = save(section() + early + interface(options=option(9, b"\0")) + b"".join(blocks))
    assert stamps(path, times=TimeStyle.PREVIOUS)[1:] == [" 08:00:00.000000 ", "-08:00:00.000000 "]


def test_same_as_tcpdump(save):
    path = save(pcap([(time, UDP) for time in TIMES]))
    for flags, ours in [
        ([], {}),
        (["-tt", "-#"], {"times": TimeStyle.EPOCH, "number": True}),
        (["-ttt", "--nano"], {"times": TimeStyle.PREVIOUS, "nano": True}),
        (["-ttttt", "-v"], {"times": TimeStyle.FIRST, "verbose": 1}),
        (["-x"], {"hex": 1}),
        (["-XX", "-tttt"], {"hex_ascii": 2, "times": TimeStyle.DATE}),
    ]:
        theirs = subprocess.run(["tcpdump", "-n", *flags, "-r", path], capture_output=True, text=True)
        assert printed(path, options(**ours)) == theirs.stdout


def context_file(save, **where):
    texts = comments(
        "PID: 12\nCmd: /usr/bin/curl\nArgs: curl -s", "UserId: 7", "ParentPID: 3\nParentCmd: /bin/sh\nParentArgs: sh"
    )
    flags = option(2, (1).to_bytes(4, "little"))
    return save(section() + interface(options=option(2, b"lo")) + packet(options=texts + flags))


def test_context_in_a_line(save):
    path = context_file(save)
    plain = options(times=TimeStyle.NONE, number=True, lengths=True)
    assert printed(path, plain) == f"    1  caplen 44 len 44 lo curl.12 In {UDP_TEXT}, ParentProc [sh.3]\n"
    first, *dump = printed(path, options(times=TimeStyle.NONE, hex=1)).splitlines()
    assert first == f"lo curl.12 In {UDP_TEXT}, ParentProc [sh.3]"
    assert [line[:10] for line in dump] == ["\t0x0000:  ", "\t0x0010:  "]


def test_context_in_a_block(save):
    block = [
        "Process (pid 12, cmd /usr/bin/curl, args curl -s)",
        "User (uid 7)",
        "ParentProc (pid 3, cmd /bin/sh, args sh)",
    ]
    lines = printed(context_file(save), options(times=TimeStyle.NONE, verbose=1, hex=1)).splitlines()
    assert lines[0].startswith("lo In IP (tos 0x0")
    assert lines[2:5] == ["    " + line for line in block]
    assert lines[5].startswith("\t0x0000:")
    (line,) = printed(context_file(save), options(times=TimeStyle.NONE, verbose=1, oneline=True)).splitlines()
    assert line.startswith("lo In IP (tos 0x0") and line.endswith(", " + ", ".join(block))


@pytest.mark.parametrize(
    ("data", "length", "said"),
    [
        (b"", 0, "[Invalid header: caplen==0, len==0]"),
        (b"", 9, "[Invalid header: caplen==0]"),
        (UDP, 2, "[Invalid header: len(2) < caplen(44)]"),
        (UDP, 2000000, "[Invalid header: len(2000000) > 1048576]"),
    ],
)
def test_impossible_lengths(save, data, length, said):
    path = save(section() + interface() + packet(data, length=length))
    assert printed(path, options(number=True)) == f"    1  {said}\n"


def test_every_nth_packet(save):
    path = save(pcap([(n, UDP) for n in range(1, 8)]))
    assert [line[:5] for line in printed(path, options(number=True, sampling=3)).splitlines()] == ["    3", "    6"]
