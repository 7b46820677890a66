"""The project's own captures, one per printer family, and the exact text that they print."""

import difflib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from captures import CAPTURES, Capture
from run import OWN, printed, text_file
from wire import write_pcap

CASES = [(capture, flags) for capture in CAPTURES for flags in capture.flags]


@pytest.mark.parametrize(
    ("capture", "flags"), CASES, ids=[f"{capture.name} {flags}".strip() for capture, flags in CASES]
)
def test_text_is_as_expected(capture: Capture, flags: str, record_property) -> None:
    record_property("category", f"own: {capture.name}")
    got = printed(OWN / f"{capture.name}.pcap", flags)
    expected = text_file(capture.name, flags).read_bytes()
    if got != expected:
        lines = [text.decode("utf-8", "backslashreplace").splitlines() for text in (expected, got)]
        pytest.fail("\n".join(difflib.unified_diff(*lines, "expected", "printed", lineterm="", n=1)), pytrace=False)


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda capture: capture.name)
def test_capture_is_what_the_generator_makes(capture: Capture, tmp_path: Path) -> None:
    """A changed generator needs `python tests/golden/regenerate.py`."""
    write_pcap(tmp_path / "made.pcap", capture.linktype, capture.packets, capture.snaplen)
    assert (tmp_path / "made.pcap").read_bytes() == (OWN / f"{capture.name}.pcap").read_bytes()
