"""docs/formats.md against files: whatever is written stands there, and whatever stands there is written or read."""

import re
import struct
from pathlib import Path

from owned_files import CURL, write
from pcapng_blocks import ENTRY, blocks
from savefiles import block as raw_block
from savefiles import comments, interface, option, packet, pump, section

from ptcpdump.context.comments import _GROUPS
from ptcpdump.context.model import Found
from ptcpdump.sinks.writer import open_writer

TEXT = (Path(__file__).parents[3] / "docs" / "formats.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The rows of the first table behind a heading of columns."""
    table = TEXT.partition(heading)[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def everything(folder: Path) -> list[Path]:
    """Files that hold all that can be written."""
    write(folder / "owners", CURL)
    place = b"ifIndex: 2, netNsInode: 7, netNsPath: /x"
    said = [(2, b"eth0"), (1, place), (3, b"a card"), (11, b"\0udp"), (12, b"linux"),
            (9, b"\x09")]
    counters = b"".join(option(code, struct.pack("<II", 0, 7)) for code in (2, 3)) + b"".join(
        option(code, struct.pack("<Q", 7)) for code in (4, 5, 6, 7, 8))
    (folder / "in").write_bytes(
        section() + raw_block(10, struct.pack("<II", 0x544C534B, 4) + b"a b\n")
        + interface(options=b"".join(option(*each) for each in said))
        + packet(options=comments("PID: 1\nCmd: /bin/a") + option(2, b"\1\0\0\0"))
        + raw_block(5, struct.pack("<III", 0, 0, 0) + counters))
    sink = open_writer(str(folder / "out"), command="ptcpdump -w out", names=lambda: {b"\x0a\0\0\1": b"gateway"})
    sink.write_secrets(0x544C534B, b"a b\n")
    pump(folder / "in", sink)
    sink.close()
    return [folder / "owners", folder / "out"]


def test_blocks_and_options(tmp_path):
    kinds = {int(row[1], 0): row[0] for row in rows("| Block | Type | When |")}
    documented = {(row[0], int(row[2])) for row in rows("| Block | Option | Code | Value |")}
    written, options = set(), set()
    for path in everything(tmp_path):
        for block in blocks(path):
            written.add(block.kind)
            options |= {(kinds[block.kind], code) for code, _ in block.options}
    assert written == set(kinds)
    assert options == documented


def test_entries_of_processes(tmp_path):
    documented = {int(row[0]): row[2] for row in rows("| Code | Entry | Value |")}
    assert set(documented) == {0, *ENTRY}
    written = {name for path in everything(tmp_path) for block in blocks(path) for name in block.entry} - {"pid"}
    assert written == {name for code, name in ENTRY.items() if not documented[code].startswith("not written")}


def test_comments():
    documented = [tuple(re.findall(r"`(\w+)`", row[1])) for row in rows("| Group | Keys |")]
    assert documented == list(_GROUPS.values())
    assert all(f"`{found.value}`" in TEXT for found in Found if found is not Found.SAVEFILE)
