"""Probed files that are written over while they are probed: what runs from them afterwards is not broken."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from elves import LOGGING_LIBRARY

from tests.live.harness import capturing, needs_privileges, run
from tests.live.tls.programs import until

pytestmark = needs_privileges
MAIN = """
#ifdef MORE     /* other code stands where that function was before */
__attribute__((noinline, noclone)) int other(int a, int b) { return a * 77 + b * (a ^ b) + a / 3 + b % 7; }
__attribute__((noinline, noclone)) int another(int a, int b) { return a * 7 - b * (a ^ b) + a / 5 + b % 9; }
#else
int other(int a, int b);
int another(int a, int b);
#endif
""" + LOGGING_LIBRARY + """
int main(int count, char **words)
{
    struct ssl s = {{0}, {RANDOM, 2, 3}};
    int sum = 0;
#ifdef MORE
    for (int i = 0; i < 1000; i++)
        sum += other(i, count) + another(i, sum);
#endif
    only_one(&s);
    return sum == 1234567;
}
"""


def build(folder: Path, name: str, *flags: str) -> Path:
    (folder / "x.c").write_text(MAIN)
    run("cc", "-O1", *flags, "-o", folder / name, folder / "x.c")
    return folder / name


def open_to_nobody(folder: str) -> Path:
    """A name for a file that nobody may make."""
    os.chown(folder, 65534, 65534)
    return Path(folder) / "ours"


@pytest.mark.parametrize("flags", [(), ("-Z", "nobody")])
def test_a_program_that_is_written_over(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """Its probe is taken out, and the keys of what it is now are taken; with -Z, too, where two processes have it."""
    program = build(tmp_path, "program", "-DRANDOM=0x11")
    new = build(tmp_path, "new", "-DRANDOM=0x22", "-DMORE").read_bytes()
    shell = subprocess.Popen(["sh", "-c", f"while read line; do {program}; echo $?; done"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)

    def runs() -> bool:
        shell.stdin.write("\n")
        shell.stdin.flush()
        return shell.stdout.readline() == "0\n"

    with (shell, tempfile.TemporaryDirectory() as folder,       # pytest's own are root's alone
          capturing(tmp_path, *flags, "-i", "lo", "--write-keylog-file", ours := open_to_nobody(folder), "--pid",
                    str(shell.pid), "-f", "-w", "/dev/null") as capture):
        until(lambda: runs() and "CLIENT_RANDOM 11" in ours.read_text())
        program.write_bytes(new)        # the same file, as for the kernel
        until(runs)                     # it would end by SIGSEGV, always
        until(lambda: runs() and "CLIENT_RANDOM 22" in ours.read_text())
        shell.stdin.close()
    assert "not taken" not in capture.stderr
