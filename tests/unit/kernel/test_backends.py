"""The table of backends, and that nobody asks for a name where a trait says it."""

import ast
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump.errors import UsageError
from ptcpdump.kernel.backends.opening import open_backend
from ptcpdump.kernel.traits import BACKENDS, CGROUP_SKB, DEFAULT, TC, traits
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import ETHERNET, RAW

SOURCES = sorted(Path(ptcpdump.__file__).parent.rglob("*.py"))


def test_unknown_backend():
    with pytest.raises(UsageError, match="there is no backend xdp; there are: tc, cgroup-skb, socket-filter, tp-btf"):
        traits("xdp")


def test_link_type_as_seen():
    device = Interface(name="eth0", linktype=ETHERNET)
    assert TC.as_seen(device) is device
    assert CGROUP_SKB.as_seen(device).linktype == RAW


def test_default_is_a_row():
    assert BACKENDS[DEFAULT.name] is DEFAULT


@pytest.mark.parametrize("name", BACKENDS)
def test_home_is_the_backend(name, monkeypatch):
    """The class is made with what a run has; none of them needs the kernel for that but those that watch."""
    module, class_name = BACKENDS[name].home.split(":")
    made = []
    home = f"ptcpdump.kernel.backends.{module}.{class_name}"
    monkeypatch.setattr(home, lambda *given, **more: made.append((given, more)))
    open_backend(BACKENDS[name], "loaded", "expression", "in", "keeper")
    assert made == [(("loaded", "expression", "in"), {"keeper": "keeper"} if BACKENDS[name].kept_filters else {})]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_names_are_not_compared(path):
    compared = {
        constant.value
        for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, (ast.Compare, ast.match_case))
        for constant in ast.walk(node) if isinstance(constant, ast.Constant)
    }
    assert not compared & BACKENDS.keys()
