"""The manual page and the completions: as the table of flags has them, and as man(1) and real shells take them."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcpdump.cli.flags import FLAGS

ROOT = Path(__file__).resolve().parents[2]
SHARE = ROOT / "share"
NAMES = [name for flag in FLAGS if not flag.hidden for name in flag.names]


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed")



def test_what_is_made_of_the_table_is_up_to_date(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for folder in ("scripts", "docs", "share"):
        shutil.copytree(ROOT / folder, tree / folder)
    shutil.copy(ROOT / "README.md", tree)
    subprocess.run([sys.executable, tree / "scripts/update-readme"], check=True)
    made = [path for path in tree.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert made
    assert [path for path in made if path.read_bytes() != (ROOT / path.relative_to(tree)).read_bytes()] == []


@needs("man")
def test_the_manual_page() -> None:
    done = subprocess.run(["man", "--warnings", "-l", SHARE / "man/man8/ptcpdump.8"], capture_output=True, text=True,
                          check=True, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "120"})
    assert done.stderr == ""
    for name in NAMES:
        assert name in done.stdout
    assert "ptcpdump - tcpdump that tells for every packet" in done.stdout


def bash(*words: str, cwd: Path | None = None) -> set[str]:
    """What bash offers for the last of these words."""
    script = f"""
        source {SHARE}/bash-completion/completions/ptcpdump
        compopt() {{ COMPREPLY+=(COMPOPT:"$*"); }}
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _ptcpdump
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", "ptcpdump", *words], capture_output=True, text=True,
                          check=True, cwd=cwd)
    assert done.stderr == ""
    return set(done.stdout.split("\n")) - {""}


def test_bash() -> None:
    assert bash("--backend", "") == {"tc", "cgroup-skb", "socket-filter", "tp-btf"}
    assert bash("--backend", "=", "so") == {"socket-filter"}
    assert bash("--backend", "=") == {"tc", "cgroup-skb", "socket-filter", "tp-btf"}
    assert {"lo", "any"} <= bash("-i", "")
    assert bash("-i", "any,l") == {"any,lo"}
    assert "root" in bash("--uid", "roo")
    assert str(os.getpid()) in bash("--pid", str(os.getpid()))
    assert bash("-r", "x") == {"COMPOPT:-o default"}
    assert bash("-c", "") == set()
    assert set(NAMES) <= bash("-") | {name for name in NAMES if not name.startswith("-")}
    assert "true" in bash("-i", "any", "--", "tru")
    assert bash("-i", "any", "--", "true", "x") == {"COMPOPT:-o default"}


@contextlib.contextmanager
def running(folder: Path, name: str) -> Iterator[None]:
    """A process of that name."""
    program = folder / name
    program.symlink_to(shutil.which("sleep") or "/bin/sleep")
    with subprocess.Popen([program, "1000"]) as process:
        try:
            while Path(f"/proc/{process.pid}/comm").read_text() != f"{name}\n":
                pass                                    # until it has been executed
            yield
        finally:
            process.kill()


HIDDEN = ("qzw\u202eA", "qzw\u200bB", "qzw\U000e0041C")    # reorders a line; have no width


def test_bash_shows_no_name_as_others_would_have_it_look(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        for name in (*HIDDEN, "qzwx"):
            stack.enter_context(running(tmp_path, name))
        offered = bash("--pname", "qzw")
        assert offered == {"qzwx", r"$'qzw\342\200\256A'", r"$'qzw\342\200\213B'", r"$'qzw\363\240\201\201C'"}
        assert offered - {"qzwx"} == bash("--pname", r"$'qzw")
    quoted = subprocess.run(["bash", "-c", f"printf '%s\n' {' '.join(offered)}"], stdout=subprocess.PIPE, check=True)
    assert set(quoted.stdout.decode().split()) == {*HIDDEN, "qzwx"}


def test_bash_expands_no_name_that_others_have_chosen(tmp_path: Path) -> None:
    with running(tmp_path, "$(>there)"):
        offered = [bash("--pname", word, cwd=tmp_path) for word in ("$(", r"\$\(", r"a\;b,\$")]
    assert offered == [{r"\$\(\>there\)"}, {r"\$\(\>there\)"}, {r"a\;b,\$\(\>there\)"}]
    assert not (tmp_path / "there").exists()


@needs("zsh")
def test_zsh(tmp_path: Path) -> None:
    script = f"""
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1=''; fpath=({SHARE}/zsh/site-functions \\$fpath)"
        zpty -w shell "autoload -Uz compinit; compinit -u -D; print READY"
        zpty -r shell out '*READY*READY*' || exit 1
        zpty -w -n shell $'ptcpdump --backend soc\\t'
        zpty -r shell out '*socket-filter*' || exit 2
        zpty -w -n shell $'\\C-uptcpdump --interface=an\\t'
        zpty -r shell out '*any*' || exit 3
        zpty -w -n shell $'\\C-uptcpdump --write-f\\t'
        zpty -r shell out '*--write-file*' || exit 4
        zpty -w -n shell $'\\C-uptcpdump --pname=qzw\\t'
        zpty -r shell out '*qzwx*' || exit 5
        zpty -d shell
    """
    with running(tmp_path, HIDDEN[0]), running(tmp_path, "qzwx"):       # the only one that is offered
        subprocess.run(["zsh", "-f", "-c", script], check=True, timeout=60, cwd=tmp_path,
                       env={**os.environ, "LC_ALL": "C.UTF-8"})


@needs("fish")
def test_fish(tmp_path: Path) -> None:
    def offered(line: str) -> set[str]:
        script = f"source {SHARE}/fish/vendor_completions.d/ptcpdump.fish; complete -C '{line}'"
        done = subprocess.run(
            ["fish", "--no-config", "-c", script],
            capture_output=True, text=True, check=True, cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"})
        return {line.partition("\t")[0] for line in done.stdout.splitlines()}

    assert offered("ptcpdump --backend ") == {"tc", "cgroup-skb", "socket-filter", "tp-btf"}
    assert {"any", "lo"} <= offered("ptcpdump -i ")
    with running(tmp_path, HIDDEN[0]), running(tmp_path, "qzwx"):
        assert offered("ptcpdump --pname qzw") == {"qzwx"}
    assert {name for name in NAMES if name.startswith("--")} <= offered("ptcpdump --")
