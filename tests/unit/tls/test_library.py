"""Finding what TLS libraries log secrets by: on what is here, against symbols where there are some."""

import lzma
import random
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
from elves import LOGGING_LIBRARY, elf

from ptcpdump.tls.elf import BrokenElfError, Elf, NothingToProbeError
from ptcpdump.tls.frames import Functions
from ptcpdump.tls.library import find_log_secret, has_labels
from ptcpdump.tls.references import find_references
from ptcpdump.tls.symbols import log_functions

PACKAGES = Path(sysconfig.get_path("purelib"))
LIBRARIES = {
    "openssl": ["/usr/lib/*/libssl.so.3", str(PACKAGES / "cryptography/hazmat/bindings/_rust*.so")],
    "gnutls": ["/usr/lib/*/libgnutls.so.30"],
    "boringssl": [str(PACKAGES / "curl_cffi/_wrapper*.so"), str(PACKAGES / "grpc/_cython/cygrpc*.so")],
}


@pytest.mark.parametrize(("kind", "pattern"), [(kind, each) for kind, all_of in LIBRARIES.items() for each in all_of])
def test_libraries(kind: str, pattern: str) -> None:
    path = next(Path("/").glob(pattern.lstrip("/")))
    with path.open("rb") as file:
        read = Elf(file.fileno())
        assert has_labels(read)
        found, place = find_log_secret(read)
        assert found == kind
        assert place.random
        symbols = subprocess.run(["nm", path], capture_output=True, text=True, check=False).stdout
        named = re.search(r"^(\w+) [tT] (\S*ssl_log_secret\S*|_gnutls_call_keylog_func)$", symbols, re.MULTILINE)
        if named:       # others are stripped
            assert read.offset_of(int(named[1], 16)) == place.offset


def test_functions() -> None:
    with next(Path("/usr/lib").glob("*/libssl.so.3")).open("rb") as file:
        read = Elf(file.fileno())
        functions = Functions(read)
        symbols = subprocess.run(["nm", "-D", "--defined-only", file.name], capture_output=True, text=True, check=True)
    addresses = [int(row[1], 16) for row in re.finditer(r"^(\w+) T SSL_\w+", symbols.stdout, re.MULTILINE)]
    assert len(addresses) > 100
    assert all(functions.begins_at(address) for address in addresses)
    assert not any(functions.begins_at(address + 1) for address in addresses)


def test_functions_without_a_sorted_table(tmp_path: Path) -> None:
    """What both tables say of a library is the same; a program that is linked statically has one of them alone."""
    path = tmp_path / "x.so"
    data = bytearray(next(Path("/usr/lib").glob("*/libssl.so.3")).read_bytes())
    path.write_bytes(data)
    with path.open("rb") as file:
        truth = Functions(Elf(file.fileno()))._starts
    data[:4096] = data[:4096].replace(b"\x50\xe5\x74\x64", bytes(4))     # PT_GNU_EH_FRAME
    path.write_bytes(data)
    with path.open("rb") as file:
        assert Functions(Elf(file.fileno()))._starts == truth
    assert len(truth) > 500
    (tmp_path / "x.c").write_text(LOGGING_LIBRARY + "int main(int n, char **words) { return only_one((void *)words); }")
    subprocess.run(["cc", "-static", "-no-pie", "-O1", "-o", path, tmp_path / "x.c"], check=True)
    symbols = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    with path.open("rb") as file:
        truth = int(re.search(r"^(\w+) [tT] ssl_log_secret$", symbols, re.MULTILINE)[1], 16)
        assert place_in(path) == Elf(file.fileno()).offset_of(truth)


def test_what_has_no_function(tmp_path: Path) -> None:
    texts = b"CLIENT_RANDOM\0EXPORTER_SECRET\0"
    (tmp_path / "texts").write_bytes(elf([(4, 0x400000, texts), (5, 0x401000, bytes(64))]))
    with (tmp_path / "texts").open("rb") as file, pytest.raises(NothingToProbeError):
        find_log_secret(Elf(file.fileno()))
    code = b"\x48\x8d\x35" + (0x400000 - 0x401007).to_bytes(4, "little", signed=True) + b"\xe8" + bytes(56)
    (tmp_path / "code").write_bytes(elf([(4, 0x400000, b"CLIENT_RANDOM\0"), (5, 0x401000, code)]))
    with (tmp_path / "code").open("rb") as file, pytest.raises(BrokenElfError, match="where functions begin"):
        find_log_secret(Elf(file.fileno()))


def test_references() -> None:
    x86 = b"\x90" * 5 + b"\x48\x8d\x35" + (100).to_bytes(4, "little") + b"\x48\x8d\x3d" + (93).to_bytes(4, "little")
    assert find_references(x86, 0x1000, [0x1000 + 12 + 100]) == [(0x1005, 0x1070)]     # into rsi, not into rdi
    assert find_references(b"\xbe\x70\x10\x40\0\x90\x90", 0x1000, [0x401070]) == [(0x1000, 0x401070)]
    adrp, add, other = 0xB0000008, 0x91048D01, 0x91048D02       # adrp x8, next page; add x1, x8, #0x123; add x2 ...
    arm64 = b"".join(word.to_bytes(4, "little") for word in (adrp, 0xD503201F, add, other))
    assert find_references(arm64, 0x10000, [0x11123], arm64=True) == [(0x10008, 0x11123)]
    assert find_references(b"", 0, [1]) == find_references(x86, 0x1000, []) == find_references(x86[:11], 0, [112]) == []


def place_in(path: Path) -> int:
    with path.open("rb") as file:
        return find_log_secret(Elf(file.fileno()))[1].offset


def test_names_where_labels_do_not_suffice(tmp_path: Path) -> None:
    """Of a function that one label leads to: its name in .symtab, or in .gnu_debugdata, else it is refused."""
    named, stripped, small = (tmp_path / name for name in ("named.so", "stripped.so", "small.so"))
    (tmp_path / "x.c").write_text(LOGGING_LIBRARY)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", named, tmp_path / "x.c"], check=True)
    subprocess.run(["strip", "-o", stripped, named], check=True)
    packed = tmp_path / "packed"
    packed.write_bytes(lzma.compress(named.read_bytes()))
    subprocess.run(["objcopy", "--add-section", f".gnu_debugdata={packed}", stripped, small], check=True)
    symbols = subprocess.run(["nm", named], capture_output=True, text=True, check=True).stdout
    truth = int(re.search(r"^(\w+) t ssl_log_secret$", symbols, re.MULTILINE)[1], 16)
    assert [place_in(named), place_in(small)] == [truth, truth]
    with pytest.raises(BrokenElfError, match="could not be told apart"):
        place_in(stripped)


def test_tables_of_symbols_that_make_no_sense(tmp_path: Path) -> None:
    """Whatever its numbers say, and whatever its compressed part becomes, reading them ends soon."""
    chance, path = random.Random(1), tmp_path / "x.so"
    (tmp_path / "x.c").write_text(LOGGING_LIBRARY)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", path, tmp_path / "x.c"], check=True)
    whole, packed = path.read_bytes(), tmp_path / "packed"
    packed.write_bytes(lzma.compress(bytes(1 << 27), preset=0))     # a small file that becomes a large one
    subprocess.run(["objcopy", "-S", "--add-section", f".gnu_debugdata={packed}", path, path], check=True)
    with path.open("rb") as file:
        assert log_functions(Elf(file.fileno())) == set()
    sections = int.from_bytes(whole[40:48], "little")
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            at = chance.choice([chance.randrange(40, 64), chance.randrange(sections, len(data))])
            data[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        path.write_bytes(data)
        with path.open("rb") as file:
            try:
                log_functions(Elf(file.fileno()))
            except BrokenElfError:
                continue
