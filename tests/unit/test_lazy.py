"""Modules that are imported when they are first used; each test runs in an interpreter of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = "import sys, threading\nfrom ptcpdump.lazy import lazy_modules\n"


@pytest.fixture
def interpreter(tmp_path: Path):
    """Runs statements with some modules at hand, one of them in two packages; returns what they print."""
    def run(text: str, status: int = 0) -> str:
        words = [sys.executable, "-c", BEGIN + text]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        return (done.stdout + done.stderr).strip()

    (tmp_path / "there.py").write_text("print('executed')\nVALUE = 1\ndef value():\n    return VALUE\n")
    (tmp_path / "broken.py").write_text("import not_there_at_all\n")
    (tmp_path / "others.py").write_text("import there\nNAME = type(there).__name__\n")
    (tmp_path / "parcel").mkdir()
    (tmp_path / "parcel" / "__init__.py").write_text("print('parcel')\n")
    (tmp_path / "parcel" / "inner.py").write_text("print('inner')\nVALUE = 2\n")
    return run


def test_executed_when_used(interpreter) -> None:
    assert interpreter(
        "with lazy_modules:\n    import there\nprint('bound')\nprint(there.VALUE)\nprint(there.value())",
    ) == "bound\nexecuted\n1\n1"


def test_nobody_else_sees_a_stand_in(interpreter) -> None:
    assert interpreter(
        "with lazy_modules:\n    import there\n    from ptcpdump.filters import listing\n"
        "import ptcpdump.filters\n"
        "print('there' in sys.modules, 'ptcpdump.filters.listing' in sys.modules)\n"
        "print(hasattr(ptcpdump.filters, 'listing'))\n"
        "import there as real\nprint(type(real).__name__, there.value is real.value)",
    ) == "False False\nFalse\nexecuted\nmodule True"


def test_what_is_imported_already_is_bound_as_it_is(interpreter) -> None:
    assert interpreter("import there\nwith lazy_modules:\n    import there as again\nprint(again is there)") == (
        "executed\nTrue")


def test_used_within_the_block(interpreter) -> None:
    assert interpreter("with lazy_modules:\n    import there\n    from parcel import inner\n    print(there.VALUE)\n"
                       "print(inner.VALUE)") == "parcel\nexecuted\n1\ninner\n2"


def test_imports_of_an_imported_module_are_not_lazy(interpreter) -> None:
    assert interpreter("with lazy_modules:\n    import others\n    print(others.NAME)") == "executed\nmodule"


def test_assignment_reaches_the_module(interpreter) -> None:
    assert interpreter(
        "with lazy_modules:\n    import there\nthere.VALUE = 5\nprint(there.value())\n"
        "del there.VALUE\nprint(hasattr(there, 'VALUE'), 'value' in dir(there))") == "executed\n5\nFalse True"


def test_repr_does_not_import(interpreter) -> None:
    said = interpreter("with lazy_modules:\n    import there\nprint(there)")
    assert said == "<module 'there', imported when it is used>"


def test_a_module_that_does_not_exist(interpreter) -> None:
    assert interpreter("with lazy_modules:\n    import nothing_of_this_name", 1).endswith(
        "ModuleNotFoundError: No module named 'nothing_of_this_name'")
    said = interpreter("with lazy_modules:\n    from ptcpdump.filters import nothing", 1)
    assert "cannot import name 'nothing' from 'ptcpdump.filters'" in said


def test_a_module_that_can_not_be_executed(interpreter) -> None:
    assert interpreter("with lazy_modules:\n    import broken\nbroken.value", 1).endswith(
        "ImportError: broken is needed now and can't be imported: No module named 'not_there_at_all'")


def test_a_missing_attribute_is_named(interpreter) -> None:
    assert interpreter("with lazy_modules:\n    import there\nthere.nothing", 1).endswith(
        "AttributeError: module 'there' has no attribute 'nothing'")


def test_other_threads_import_as_ever(interpreter) -> None:
    assert interpreter(
        "def other():\n    import there\n    print(type(there).__name__)\n"
        "with lazy_modules:\n    thread = threading.Thread(target=other)\n    thread.start()\n    thread.join()\n",
    ) == "executed\nmodule"


def test_many_threads_need_it_at_once(interpreter) -> None:
    assert interpreter(
        "with lazy_modules:\n    import there\n"
        "barrier, found = threading.Barrier(16), []\n"
        "def use():\n    barrier.wait()\n    found.append(there.value())\n"
        "threads = [threading.Thread(target=use) for _ in range(16)]\n"
        "for thread in threads: thread.start()\nfor thread in threads: thread.join()\n"
        "print(found == [1] * 16)") == "executed\nTrue"


def test_extension_modules(interpreter) -> None:
    assert interpreter(
        "with lazy_modules:\n    from ptcpdump.printers.base import core\n"
        "print('ptcpdump.printers.base.core' in sys.modules)\nprint(callable(core.render))") == "False\nTrue"


def test_the_command_names_what_is_missing(tmp_path: Path) -> None:
    code = ("import sys, ptcpdump\nsys.modules['ptcpdump.filters.pcap'] = None\n"      # as if libpcap were not there
            "from ptcpdump.cli.main import main\nsys.exit(main(['--version']))")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("ptcpdump: ")
    assert "ptcpdump.filters.pcap" in done.stderr
    assert done.stderr.endswith(": install what is missing, or ptcpdump anew\n")
