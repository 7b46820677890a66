"""The file that unpacks itself, made of a small program instead of ours: where it unpacks, and what it refuses."""

import importlib.util
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "#!/bin/sh\necho ran \"$@\"\n"
NOBODY = 65534


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As scripts/bundle/assemble makes it."""
    loader = SourceFileLoader("assemble", str(ROOT / "scripts/bundle/assemble"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("assemble", loader))
    loader.exec_module(module)
    folder = tmp_path_factory.mktemp("made")
    (folder / "tree").mkdir()
    (folder / "tree/ptcpdump").write_text(PROGRAM)
    (folder / "tree/ptcpdump").chmod(0o755)
    module.pack(folder / "tree", folder / "small.run", "1.0", "x86_64")
    return folder / "small.run"


class User:
    """Somebody with a home and the file; root's tests are run as nobody, for root's cache is the system's."""

    def __init__(self, home: Path, made: Path) -> None:
        self.home = home
        self.cache = home / ".cache/ptcpdump"
        self.file = home / "small.run"
        self.file.write_bytes(made.read_bytes())
        self.file.chmod(0o755)
        self.cache.parent.mkdir()
        if os.geteuid() == 0:
            for path in (home, self.file, self.cache.parent):
                os.chown(path, NOBODY, NOBODY)

    def start(self, *words: str | Path, **more: object) -> subprocess.Popen[str]:
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
        return subprocess.Popen([*prefix, *(words or [self.file]), "-a", "b c"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, cwd=self.home,
                                env={"HOME": str(self.home), "PATH": os.environ["PATH"]}, **more)

    def run(self, *words: str | Path) -> tuple[int, str, str]:
        process = self.start(*words)
        out, said = process.communicate(timeout=60)
        return process.returncode, out, said

    def left(self) -> list[str]:
        return sorted(path.name for path in self.cache.iterdir())


@pytest.fixture
def user(made: Path) -> Iterator[User]:
    with tempfile.TemporaryDirectory() as name:     # tmp_path is root's alone
        yield User(Path(name), made)


def test_unpacks_once(user: User) -> None:
    assert user.run() == (0, "ran -a b c\n", "")
    (place,) = user.cache.iterdir()
    (place / "ptcpdump").write_text(PROGRAM.replace("ran", "the same"))
    assert user.run() == (0, "the same -a b c\n", "")


def test_many_at_once(user: User) -> None:
    running = [user.start() for _ in range(6)]
    assert [process.communicate(timeout=60) for process in running] == [("ran -a b c\n", "")] * 6
    assert len(user.left()) == 1


def test_nothing_can_be_written(user: User) -> None:
    user.cache.parent.chmod(0o555)
    if os.access(user.cache.parent, os.W_OK) and os.geteuid():
        pytest.skip("this user may write everywhere")
    status, out, said = user.run()
    assert (status, out) == (1, "")
    assert f"it is unpacked into {user.cache}, where nothing can be written" in said
    assert "--unpack FOLDER puts it elsewhere" in said


def test_nothing_can_be_run(user: User) -> None:
    """As on a file system that is mounted noexec: no file there has the right to be executed."""
    user.run()
    (place,) = user.cache.iterdir()
    (place / "ptcpdump").chmod(0o644)
    status, out, said = user.run()
    assert (status, out) == (1, "")
    assert f"programs can't be run from {user.cache} (noexec)" in said


@pytest.mark.parametrize("which", ["cache", "place"])
def test_a_link_of_somebody_else(user: User, tmp_path: Path, which: str) -> None:
    """In the place of a folder of ours: what it leads to is not run."""
    user.run()
    (place,) = user.cache.iterdir()
    theirs = Path(tempfile.mkdtemp(dir=user.home))
    (theirs / "ptcpdump").write_text("#!/bin/sh\necho theirs\n")
    for path in (theirs, theirs / "ptcpdump"):
        path.chmod(0o755)
    replaced = user.cache if which == "cache" else place
    replaced.rename(user.home / "away")
    (theirs / place.name).symlink_to(theirs)
    replaced.symlink_to(theirs)
    status, out, said = user.run()
    assert (status, out) == (1, "")
    assert f"{replaced} is not yours alone" in said


def test_killed_while_it_unpacks(user: User) -> None:
    """What is left is unused, and removed by the first one that unpacks an hour later."""
    bin_folder = user.home / "bin"
    bin_folder.mkdir()
    (bin_folder / "xz").write_text("#!/bin/sh\necho unpacking >&2\nexec sleep 1000\n")
    (bin_folder / "xz").chmod(0o755)
    process = user.start("env", f"PATH={bin_folder}:{os.environ['PATH']}", user.file, start_new_session=True)
    assert process.stderr.readline() == "unpacking\n"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (left,) = user.left()
    assert left.startswith(".new.")
    assert user.run()[0] == 0
    assert len(user.left()) == 2        # it might be somebody else's who is at it
    os.utime(user.cache / left, (0, 0))
    (place,) = (path for path in user.cache.iterdir() if path.name != left)
    place.rename(user.home / "older")
    assert user.run() == (0, "ran -a b c\n", "")
    assert user.left() == [place.name]
