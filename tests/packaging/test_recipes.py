"""The recipes of docs/recipes.md, followed to the letter in an environment that sees the installed package.

Those that change the package itself get a copy of it in src/, as in a checkout.
"""

import os
import re
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[2] / "docs" / "recipes.md"
BLOCK = re.compile(r"(?:^`(?P<path>[^`\n]+)`\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def recipes() -> dict[str, list[re.Match[str]]]:
    """The blocks of each recipe that has commands, by its heading."""
    sections = re.split(r"^## ", RECIPES.read_text(), flags=re.MULTILINE)[1:]
    found = {section.partition("\n")[0]: list(BLOCK.finditer(section)) for section in sections}
    return {title: blocks for title, blocks in found.items() if any(block["kind"] == "sh" for block in blocks)}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment for other people's packages, in which ours and its command are found."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    ours = sysconfig.get_path("purelib")
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "ptcpdump.pth").write_text(f"{ours}\n")
    command = folder / "bin" / "ptcpdump"
    command.write_text(f"#!/bin/sh\nexec {folder}/bin/python -m ptcpdump \"$@\"\n")
    command.chmod(0o755)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("title", recipes())
def test_recipe(title: str, environment: Path, tmp_path: Path) -> None:
    blocks = recipes()[title]
    for block in blocks:
        if block["path"]:
            path = tmp_path / block["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["text"])
    own = (tmp_path / "src").exists()
    if own:
        ours = Path(sysconfig.get_path("purelib")) / "ptcpdump"
        shutil.copytree(ours, tmp_path / "src" / "ptcpdump", dirs_exist_ok=True)
    (commands,) = [block["text"] for block in blocks if block["kind"] == "sh"]
    if "--backend" in commands and os.geteuid():
        pytest.skip("captures need root")
    (expected,) = [block["text"] for block in blocks if block["kind"] == "text" and not block["path"]]
    done = subprocess.run(
        ["sh", "-ec", commands], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PATH": f"{environment}/bin:{os.environ['PATH']}", "PIP_NO_INDEX": "1",
                          "PIP_NO_BUILD_ISOLATION": "false",      # pip's way to say that there is to be none
                          "PYTHONPATH": str(tmp_path / "src") if own else ""})
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected


@pytest.mark.parametrize("name", ["architecture.md", "recipes.md"])
def test_files_that_are_named_exist(name: str) -> None:
    root = RECIPES.parents[1]
    places = [root, root / "src/ptcpdump", *(path for path in (root / "src/ptcpdump").rglob("bpf"))]
    prose = re.sub(r"^```.*?^```$", "", (RECIPES.parent / name).read_text(), flags=re.MULTILINE | re.DOTALL)
    named = {text for text in re.findall(r"`([\w./]+)`", prose) if "/" in text or re.search(r"\.(h|py|pyx|pxd)$", text)}
    assert named
    missing = {text for text in named if not any((place / text).exists() for place in places)}
    made = {"ptcpdump_greeting.py", "ptcpdump_table.py", "ptcpdump_hex.py", "ptcpdump_csv.py", "try_it.py",
            "src/ptcpdump/context/containers/incus.py", "src/ptcpdump/kernel/backends/packet_socket_in.py"}
    assert missing <= made | {"/proc"}
