"""A fuzz run of the readers of savefiles: `savefile_worker.py SEED INPUTS TRACE`, or `--replay FILE TRACE`.

Files are made of blocks and options, well-formed or wrong in one place, and then damaged. Each is read to text, some to
JSON and into a copy as pcapng: packets come out, or a SavefileError.
"""

import gzip
import json
import lzma
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).resolve().parents[1] / "support")]

import lz4.frame
from backports import zstd
from harness import Recorder, main
from savefile_maker import Dice, Maker, damaged
from savefiles import print_to_pipe, pump

from ptcpdump.context.render import Renderer
from ptcpdump.errors import SavefileError
from ptcpdump.sinks.json import JsonSink
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.output import Output
from ptcpdump.sinks.writer import open_writer

# characters of format (Cf) that are seen: signs of Arabic, Syriac, Kaithi and Egyptian
VISIBLE = {chr(code) for code in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD,
                                  *range(0x13430, 0x13440))}
PACKED = (lambda data: gzip.compress(data, 1), lambda data: lzma.compress(data, preset=0), lz4.frame.compress,
          zstd.compress)


def inputs(seed: str) -> Iterator[dict]:
    """Endless."""
    pick = Dice(seed)
    while True:
        maker = Maker(pick)
        whole = maker.pcapng() if pick.random() < 0.8 else maker.pcap()
        for content in (whole, *(damaged(whole, pick) for _ in range(3))):  # to make one takes a while
            if pick.random() < 0.05:
                content = pick.choice(PACKED)(content)
                content = damaged(content, pick) if pick.random() < 0.5 else content
            yield {"hex": content.hex(), "verbose": pick.randrange(3), "times": pick.randrange(6),
                   "copy": pick.random() < 0.1, "json": pick.random() < 0.1}


def survive(recorder: Recorder, source: Iterable[dict]) -> None:
    file = os.memfd_create("savefile")
    for record in source:
        content = bytes.fromhex(record["hex"])
        os.ftruncate(file, 0)
        os.pwrite(file, content, 0)
        with recorder.input(**record):
            try:
                text, counts = print_to_pipe(f"/proc/self/fd/{file}", options_of(record))
            except SavefileError as error:
                assert str(error).isprintable(), f"{error!s:.200}"
                continue
            assert counts.read <= len(content), "more packets than bytes"     # packed ones shrink less than that here
            assert not (odd := dangerous(text)), f"raw {odd} in the text"
            if record["copy"]:
                copy_has_as_many(file, counts.read, record)
            if record.get("json"):
                every_line_is_json(file, counts.read)


def dangerous(text: str) -> set[str]:
    """What a terminal obeys, and what has no width or reorders text. What is not assigned yet is harmless."""
    shown = text.replace("\n", "").replace("\t", "")
    if shown.isprintable():
        return set()
    return {each for each in shown if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - VISIBLE


def options_of(record: dict) -> TextOptions:
    return TextOptions(numeric=True, verbose=record["verbose"], times=TimeStyle(record["times"]))


def copy_has_as_many(file: int, packets: int, record: dict) -> None:
    copy = os.memfd_create("copy")
    try:
        sink = open_writer(f"/proc/self/fd/{copy}")
        try:
            pump(f"/proc/self/fd/{file}", sink)
        finally:
            sink.close()
        _, counts = print_to_pipe(f"/proc/self/fd/{copy}", options_of(record))
        assert counts.read == packets, "the copy has other packets"
    finally:
        os.close(copy)


def every_line_is_json(file: int, packets: int) -> None:
    out = os.memfd_create("json")
    try:
        sink = JsonSink(Output(out, "json"), TextOptions(numeric=True), Renderer().chosen)
        try:
            pump(f"/proc/self/fd/{file}", sink)
        finally:
            sink.close()
        lines = os.pread(out, os.fstat(out).st_size, 0).splitlines()
        assert len(lines) == packets, "not a line of JSON for each packet"
        for line in lines:
            json.loads(line)
    finally:
        os.close(out)


if __name__ == "__main__":
    main(survive)
