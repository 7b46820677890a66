"""The table of flags agrees with Options, with itself, and with what tcpdump knows."""

from collections import Counter
from dataclasses import fields
from pathlib import Path

from ptcpdump.cli import build, usage
from ptcpdump.cli.flags import FLAGS
from ptcpdump.cli.grammar import NAMES
from ptcpdump.cli.options import Options

TCPDUMP_SHORT = "AbBcCdDeEfFgGhHiIjJKlLmMnNOpqQrsStTuUvVwWxXyYzZ#"
TCPDUMP_LONG = """
    buffer-size list-interfaces help interface monitor-mode time-stamp-type list-time-stamp-types micro nano
    dont-verify-checksums list-data-link-types no-optimize no-promiscuous-mode direction snapshot-length
    absolute-tcp-sequence-numbers packet-buffered linktype immediate-mode debug-filter-parser
    relinquish-privileges count number print version time-stamp-precision skip print-sampling lengths fp-type
    time-t-size ip-oneline
"""
GO_LONG = """
    interface netns backend direction receive-count snapshot-length write-file print file-size file-count
    read-file count expression-file no-convert-addr verbose quiet print-timestamp time-stamp-precision micro
    nano utc-time number oneline absolute-tcp-sequence-numbers print-data-in-ascii print-data-in-hex
    print-data-in-hex-ascii context pid pname uid follow-forks container-id container-name pod-name
    disable-reverse-match list-interfaces version kernel-btf write-keylog-file embed-keylog-to-pcapng
    docker-address containerd-address cri-runtime-address event-chan-size exec-events-worker-number
    delay-before-handle-packet-events log-level help
"""


def test_every_flag_of_tcpdump_and_of_the_go_tool_is_known() -> None:
    wanted = ["-" + letter for letter in TCPDUMP_SHORT] + ["--" + name for name in (TCPDUMP_LONG + GO_LONG).split()]
    assert [name for name in wanted if name not in NAMES] == []


def test_no_name_is_given_twice() -> None:
    assert [name for name, n in Counter(name for flag in FLAGS for name in flag.names).items() if n > 1] == []


def test_every_flag_sets_a_field_of_options_or_is_handled_by_build() -> None:
    known = {field.name for field in fields(Options)} | build._OTHER_KEYS
    assert {flag.field for flag in FLAGS if not flag.refused} <= known


def test_every_field_of_options_has_a_flag() -> None:
    made = {"command", "program", "expression", "warnings", "runtimes", "extcap", "sql"}
    assert {field.name for field in fields(Options)} - made == {flag.field for flag in FLAGS} & {
        field.name for field in fields(Options)
    }


def test_help_shows_every_flag_that_is_not_hidden() -> None:
    text = usage.help_text()
    assert [flag.shown for flag in FLAGS if not flag.hidden and f"  {flag.shown}" not in text] == []
    assert max(map(len, text.splitlines())) <= 100


def test_readme_holds_the_tables_of_flags() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    assert usage.markdown() in readme, "run `make readme`"
