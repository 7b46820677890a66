"""The object for kernels before 5.10 has nothing that Linux 4.14 lacks."""

import struct
from pathlib import Path

import pytest

from ptcpdump.errors import UnsupportedError
from ptcpdump.kernel.bindings import object as library
from ptcpdump.kernel.loading import plain

OBJECT = Path(library.__file__).parent.parent / plain.OBJECT
PROGRAMS = 4
MOST = 4096             # instructions of a program before Linux 5.2
HELPERS = range(1, 27)  # until bpf_skb_load_bytes(), 4.5; bpf_perf_event_output() takes packets from 4.9 on
OLDER = range(1, 46)    # of the other programs, which need Linux 4.17: until bpf_probe_read_str(), 4.11
CALL = 0x85


def sections() -> dict[str, bytes]:
    """The sections of the object (elf(5)), a little-endian ELF of 64 bits: the first of each name."""
    image = OBJECT.read_bytes()
    table, = struct.unpack_from("<Q", image, 40)
    size, count, names = struct.unpack_from("<HHH", image, 58)
    headers = [struct.unpack_from("<IIQQQQ", image, table + i * size) for i in range(count)]
    strings = headers[names][4]
    return {image[strings + at:image.index(0, strings + at)].decode(): image[offset:offset + length]
            for at, _, _, _, offset, length in reversed(headers)}


def test_instructions() -> None:
    found = sections()
    assert {each.split("/")[0] for each in found} >= {"tc", "raw_tp", "kprobe", "kretprobe"}
    for name, code in found.items():
        if name == "tc":
            check(code, MOST * PROGRAMS // 2, HELPERS)
        elif name.startswith(("raw_tp/", "kprobe/", "kretprobe/")):
            check(code, MOST // 2, OLDER)


def check(code: bytes, most: int, helpers: range) -> None:
    each = [struct.unpack_from("<BBhi", code, at) for at in range(0, len(code), 8)]
    assert each
    assert len(each) < most
    classes = {one[0] & 7 for one in each}
    assert 6 not in classes                                             # JMP32, Linux 5.1
    jumps = {one[0] & 0xF0 for one in each if one[0] & 7 == 5}
    assert not jumps & {0xA0, 0xB0, 0xC0, 0xD0}                         # "less than", Linux 4.14
    calls = [(one[1] >> 4, one[3]) for one in each if one[0] == CALL]
    assert {source for source, _ in calls} == {0}       # no functions of our own (4.16), nor the kernel's
    assert {helper for _, helper in calls} <= set(helpers)


def test_data_and_types() -> None:
    found = sections()
    for name, content in found.items():     # global data: Linux 5.2
        assert content == b"" or not name.startswith((".rodata", ".data", ".bss", ".text")), name
    extension = found[".BTF.ext"]                                     # struct btf_ext_header
    assert struct.unpack_from("<I", extension, 28) == (0,)              # no relocations by the kernel's types


@pytest.mark.parametrize(("more", "text"), [
    ({"backend": "cgroup-skb"}, "--backend cgroup-skb needs Linux 5.12; on this kernel there is --backend tc"),
    ({"netns": 0}, "several network namespaces at once needs Linux 5.10: name one with --netns"),
])
def test_what_it_can_not(more: dict[str, object], text: str) -> None:
    with pytest.raises(UnsupportedError, match=text):
        plain.refuse(**{"backend": "tc", "netns": 1} | more)
