"""Data classes of ptcpdump.records against those of dataclasses: the same class made by both."""

import copy
import dataclasses
import inspect
import pickle
from typing import Any, ClassVar

import pytest

from ptcpdump import recordtypes
from ptcpdump.context.model import Container, Process


@pytest.fixture(params=[recordtypes.OFTEN, 1], ids=["made now and then", "made often"], autouse=True)
def _often(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class that is made often gets a compiled __init__, which does the same."""
    monkeypatch.setattr(recordtypes, "OFTEN", request.param)


BOTH = [pytest.param(dataclasses, id="dataclasses"), pytest.param(recordtypes, id="records")]


def point(module: Any, **how: bool) -> Any:
    @module.dataclass(**how)
    class Point:
        """A point."""

        kinds: ClassVar = ("corner",)
        x: int
        y: int = 2
        marks: list[str] = module.field(default_factory=list, compare=not how.get("frozen"))
        seen: int = module.field(default=0, init=False, repr=False, compare=False)

        def total(self) -> int:
            return self.x + self.y

    return Point


@pytest.mark.parametrize("module", BOTH)
@pytest.mark.parametrize("how", [{}, {"frozen": True}, {"slots": True}, {"frozen": True, "slots": True},
                                 {"eq": False}, {"slots": True, "eq": False}], ids=str)
def test_instances(module: Any, how: dict[str, bool]) -> None:
    made = point(module, **how)
    one = made(1, marks=["a"])
    assert (one.x, one.y, one.marks, one.seen, one.total(), made.kinds) == (1, 2, ["a"], 0, 3, ("corner",))
    assert made(1).marks == []
    assert made(1).marks is not made(1).marks
    assert repr(one) == "point.<locals>.Point(x=1, y=2, marks=['a'])"
    assert (one == made(1, 2, ["a"])) is how.get("eq", True)
    assert one != made(3)
    assert one != (1, 2, ["a"])
    assert made.__match_args__ == ("x", "y", "marks")
    assert made.__doc__ == "A point."
    assert hasattr(one, "__dict__") is not how.get("slots", False)
    changed = module.replace(one, y=7)
    assert (changed.x, changed.y, type(changed)) == (1, 7, made)
    assert copy.copy(one).marks is one.marks


@pytest.mark.parametrize("module", BOTH)
def test_frozen(module: Any) -> None:
    one = point(module, frozen=True, slots=True)(1)
    assert hash(one) == hash(point(module, frozen=True)(1))
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        one.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del one.x
    with pytest.raises(TypeError, match="unhashable"):
        hash(point(module)(1))


@pytest.mark.parametrize("module", BOTH)
@pytest.mark.parametrize(("values", "named", "what"), [
    ((), {}, "'x'"), ((1, 2, [], 4), {}, "positional arguments"), ((1,), {"x": 2}, "'x'"), ((1,), {"z": 2}, "'z'"),
    ((1,), {"seen": 1}, "'seen'"),
])
def test_wrong_arguments(module: Any, values: tuple[Any, ...], named: dict[str, Any], what: str) -> None:
    made = point(module)
    made(1)
    with pytest.raises(TypeError, match=what):
        made(*values, **named)


@pytest.mark.parametrize("module", BOTH)
def test_keyword_only_and_what_is_done_afterwards(module: Any) -> None:
    @module.dataclass(frozen=True, slots=True, kw_only=True)
    class Named:
        first: str = "a"
        second: int

        def __post_init__(self) -> None:
            object.__setattr__(self, "first", self.first * 2)

    for _ in range(2):
        assert repr(Named(second=1)).endswith("Named(first='aa', second=1)")
    with pytest.raises(TypeError):
        Named("a", 1)  # type: ignore[misc]


@pytest.mark.parametrize("module", BOTH)
def test_derived(module: Any) -> None:
    @module.dataclass(frozen=True, slots=True)
    class Base:
        a: int = 1

    @module.dataclass(frozen=True, slots=True)
    class Derived(Base):
        b: int = 2

        def __repr__(self) -> str:
            return "mine"

    assert (Derived(3).a, Derived(3).b, repr(Derived()), Derived.__slots__) == (3, 2, "mine", ("b",))
    assert Derived(1) != Base(1)


def test_the_standard_library_takes_them_for_its_own() -> None:
    made = point(recordtypes, frozen=True, slots=True)
    assert dataclasses.is_dataclass(made)
    assert [each.name for each in dataclasses.fields(made)] == ["x", "y", "marks", "seen"]
    assert dataclasses.asdict(made(1)) == {"x": 1, "y": 2, "marks": [], "seen": 0}
    assert dataclasses.replace(made(1), x=5).x == 5
    assert list(inspect.signature(made).parameters) == ["x", "y", "marks"]

    @dataclasses.dataclass(frozen=True)
    class Heir(made):  # type: ignore[misc, valid-type]
        z: int = 3

    assert Heir(1).z == 3


def test_often_made_ones_are_compiled() -> None:
    made = point(recordtypes, slots=True)
    before = made.__init__
    for _ in range(recordtypes.OFTEN):
        assert made(1, marks=["a"]) == made(1, 2, ["a"])
    assert made.__init__ is not before


def test_those_of_the_library() -> None:
    process = Process(1, "/usr/bin/curl", ("curl", "-s"))
    assert pickle.loads(pickle.dumps(process)) == process
    assert copy.deepcopy(process) == process
    assert {process: 1}[Process(1, "/usr/bin/curl", ("curl", "-s"))] == 1
    assert "pid" in inspect.signature(Process).parameters
    assert dataclasses.is_dataclass(Container)
