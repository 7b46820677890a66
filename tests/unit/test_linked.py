"""Cython modules of the one shared object look like modules of libraries of their own."""

import importlib
import importlib.util
import inspect
import pickle
import pydoc
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from pathlib import Path

import pytest

from ptcpdump import _native, linked
from ptcpdump.printers.base import core
from ptcpdump.sinks.output import Output

pytestmark = pytest.mark.skipif(not _native.NAMES, reason="make develop keeps the modules apart")


def test_nearly_all_cython_modules_are_in_it() -> None:
    folder = Path(core.__file__).parent
    apart = {path.relative_to(folder).as_posix().split(".")[0] for path in folder.rglob(f"*{EXTENSION_SUFFIXES[0]}")}
    assert {name for name in apart if not name.startswith("kernel/bindings/")} == {"_native", "filters/pcap"}
    assert len(_native.NAMES) > 70


def test_a_module_says_where_it_is_from() -> None:
    assert core.__name__ == "ptcpdump.printers.base.core"
    assert core.__package__ == "ptcpdump.printers.base"
    assert core.__file__ == _native.__file__ == inspect.getfile(core)
    assert core.__doc__
    assert core.__spec__ is not None
    assert core.__spec__.origin == core.__file__
    assert core.__spec__.has_location
    assert core.__spec__.submodule_search_locations is None
    assert isinstance(core.__loader__, ExtensionFileLoader)
    assert core.__loader__.get_filename(core.__name__) == core.__file__
    assert core.__loader__.get_source(core.__name__) is None


def test_importlib_finds_it() -> None:
    spec = importlib.util.find_spec("ptcpdump.sources.pcap")
    assert spec is not None
    assert spec.origin == _native.__file__
    assert importlib.reload(core) is core
    assert linked.LinkedFinder.find_spec("ptcpdump.api") is None
    assert linked.LinkedFinder.find_spec("json") is None


def test_what_is_not_in_it_is_an_import_error() -> None:
    with pytest.raises(ImportError, match=r"ptcpdump\._native holds no module 'ptcpdump.nothing'"):
        _native.create(ModuleSpec("ptcpdump.nothing", None))


def test_help_inspect_and_pickle_work() -> None:
    assert "The text of one packet" in pydoc.render_doc(core)
    assert "hex" in inspect.signature(core.render).parameters
    assert pickle.loads(pickle.dumps(core.render)) is core.render
    assert pickle.loads(pickle.dumps(Output)) is Output


def test_python_m_answers_as_for_any_extension_module() -> None:
    done = subprocess.run([sys.executable, "-m", core.__name__], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No code object available for ptcpdump.printers.base.core" in done.stderr


def test_installing_twice_does_nothing() -> None:
    before = list(sys.meta_path)
    linked.install()
    assert sys.meta_path == before
