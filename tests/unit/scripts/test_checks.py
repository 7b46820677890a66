"""What `make lint` checks beyond ruff and mypy: the tree passes as it is; what is put into a copy of it is found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("*.so", "*.c", "*.h", "__pycache__"))
    return tmp_path / "src" / "ptcpdump"


def check(name: str, tree: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, ROOT / "scripts" / name, tree.parents[1]],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_rooms_as_they_are(tree: Path) -> None:
    status, said = check("check-rooms", tree)
    assert status == 0, said


@pytest.mark.parametrize(
    ("module", "line", "found"),
    [
        ("buffer.pyx", "from ptcpdump.net.interface import Interface", "ptcpdump.buffer -> ptcpdump.net.interface"),
        ("buffer.pxd", "cimport ptcpdump.printers.base.core", "ptcpdump.buffer -> ptcpdump.printers.base.core"),
        ("dissect/reader.pxd", "from ptcpdump.sinks.sink cimport (  # all of it\n    Sink,\n    Tee)",
         "ptcpdump.dissect.reader -> ptcpdump.sinks.sink"),
        ("net/netns.py", "def later():\n    import ptcpdump.run.preparation",
         "ptcpdump.net.netns -> ptcpdump.run.preparation"),
        ("net/netns.py", "HOME = 'ptcpdump.cli.main:command'", "ptcpdump.net.netns -> ptcpdump.cli.main"),
        ("printers/base/say.pyx", "from ptcpdump.printers.link.ether cimport *",
         "ptcpdump.printers.base.say -> ptcpdump.printers.link.ether"),
    ],
)
def test_import_of_a_higher_room(tree: Path, module: str, line: str, found: str) -> None:
    append(tree / module, f"\n{line}\n")
    status, said = check("check-rooms", tree)
    assert status == 1
    assert found in said


def test_import_for_types_only(tree: Path) -> None:
    append(tree / "net/netns.py", "\nif TYPE_CHECKING:\n    from ptcpdump.run.preparation import Preparation\n")
    assert check("check-rooms", tree)[0] == 0


def test_new_room_needs_a_place(tree: Path) -> None:
    (tree / "attic.py").touch()
    status, said = check("check-rooms", tree)
    assert status == 1
    assert "ptcpdump.attic" in said


@pytest.mark.slow
def test_stubs(tree: Path) -> None:
    stub = tree / "printers/base/view.pyi"
    text = stub.read_text()
    stub.write_text(text.replace("def u16(self, offset: int)", "def u16(self, place: int)")
                    + "\ndef unheard_of() -> None: ...\n")
    constructor = tree / "sinks/text.pyi"
    right = constructor.read_text()
    constructor.write_text(right.replace(" = None) ->", " = None, hue: int = 0) ->"))
    status, said = check("check-stubs", tree)
    assert status == 1
    assert "View.u16 is inconsistent" in said
    assert "unheard_of is not present at runtime" in said
    assert "sinks/text.pyi: TextSink takes (output, options=, hue=), but (output, options=) in text.pyx" in said
    stub.write_text(text)
    constructor.write_text(right)
    assert check("check-stubs", tree) == (0, "")


def test_everything_is_used() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "check-unused"], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(("module", "line", "found"), [
    ("buffer.pxd", "cdef void put_nothing(Buffer *b) noexcept nogil", "buffer.pxd: nobody uses put_nothing"),
    ("buffer.pyx", "cdef extern from '<math.h>':\n    double nobodys_sine(double x)", "nobody uses nobodys_sine"),
    ("buffer.pyx", "cdef extern from '<math.h>':\n    enum:\n        NOBODYS_PI", "nobody uses NOBODYS_PI"),
    ("kernel/bpf/parse.h", "static __always_inline int nobodys(struct packet *p)\n{\n}", "nobody uses nobodys"),
])
def test_what_nobody_uses(tree: Path, module: str, line: str, found: str) -> None:
    shutil.copy(ROOT / "src/ptcpdump/kernel/bpf/parse.h", tree / "kernel/bpf")
    append(tree / module, f"\n{line}\n")
    status, said = check("check-unused", tree)
    assert status == 1
    assert found in said
