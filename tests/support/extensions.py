"""Extensions by which a test reaches what only Cython sees, compiled when it runs, against the installed package."""

import importlib.util
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("Cython", reason="Cython is not installed here (make test installs it)")

HEADERS = Path(__file__).resolve().parents[2] / "src" / "ptcpdump" / "kernel" / "bpf"      # no part of a wheel


def compiled(folder: Path, name: str, source: str) -> ModuleType:
    """A module made of Cython source, in a folder of its own."""
    site = sysconfig.get_path("purelib")
    pyx, c, library = (folder / f"{name}{ending}" for ending in (".pyx", ".c", sysconfig.get_config_var("EXT_SUFFIX")))
    pyx.write_text(source)
    subprocess.run([sys.executable, "-m", "cython", "-3", "-I", site, "-o", c, pyx], check=True)
    includes = [f"-I{sysconfig.get_path('include')}", f"-I{HEADERS}"]
    subprocess.run(["cc", "-shared", "-fPIC", "-O0", "-w", *includes, "-o", library, c], check=True)
    spec = importlib.util.spec_from_file_location(name, library)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
