"""Classes that behave as those of :mod:`dataclasses` do, with methods that they share instead of compiled ones.

An instance takes about 3 µs to make instead of 1: a class that is made often gets a compiled `__init__` after all. What
is made for each packet stays with :mod:`dataclasses`.
Whoever asks such a class for more (:func:`dataclasses.fields` or :func:`dataclasses.asdict`, :func:`inspect.signature`,
a data class that is derived from it) is answered by :mod:`dataclasses`, which is imported then.
"""

from operator import attrgetter

from ptcpdump.lazy import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

with lazy_modules:
    import dataclasses
    import inspect

MISSING = object()      # no default
OFTEN = 100             # instances after which compiling pays


class Field:
    """One attribute: what is said of it as :func:`dataclasses.field` takes it, and its annotation."""

    __slots__ = ("annotation", "compare", "default", "default_factory", "init", "kw_only", "name", "repr")

    def __init__(
        self, default: object, default_factory: object, init: bool, repr: bool, compare: bool, kw_only: bool
    ) -> None:
        self.name = ""
        self.annotation: object = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.compare = compare
        self.kw_only = kw_only

    def standard(self) -> "Any":
        """The same as the standard library's."""
        said = {name: getattr(self, name) for name in ("init", "repr", "compare", "kw_only")}
        for name in ("default", "default_factory"):
            if getattr(self, name) is not MISSING:
                said[name] = getattr(self, name)
        return dataclasses.field(**said)


def field(
    *, default: object = MISSING, default_factory: object = MISSING, init: bool = True, repr: bool = True,
    compare: bool = True, kw_only: bool = False,
) -> "Any":
    """As :func:`dataclasses.field`."""
    return Field(default, default_factory, init, repr, compare, kw_only)


def dataclass(
    cls: "type | None" = None, /, *, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True
) -> "Any":
    """As :func:`dataclasses.dataclass`."""
    def decorate(cls: type) -> type:
        return _made(cls, frozen=frozen, slots=slots, kw_only=kw_only, eq=eq)

    return decorate if cls is None else decorate(cls)


def replace(record: "Any", /, **changes: object) -> "Any":
    """As :func:`dataclasses.replace`."""
    cls = type(record)
    if not hasattr(cls, "__record__"):
        return dataclasses.replace(record, **changes)
    for each in cls.__record__:
        if each.init:
            changes.setdefault(each.name, getattr(record, each.name))
        elif each.name in changes:
            raise ValueError(f"{each.name} is no argument of {cls.__name__}()")
    return cls(**changes)


def _made(cls: type, *, frozen: bool, slots: bool, kw_only: bool, eq: bool) -> type:
    """The class with its methods; with slots, another one."""
    fields = {each.name: each for base in cls.__mro__[:0:-1] for each in vars(base).get("__record__", ())}
    own = _own_fields(cls, kw_only)
    fields.update(own)
    members: dict[str, Any] = {
        "__record__": tuple(fields.values()),
        "__record_frozen__": frozen,
        "__record_values__": _getter([each.name for each in fields.values() if each.compare]),
        "__record_count__": [0],
        "__match_args__": tuple(each.name for each in fields.values() if each.init and not each.kw_only),
        **{name: _FromStandard(name) for name in ("__dataclass_fields__", "__dataclass_params__", "__signature__")},
    }
    said: dict[str, Any] = {"__init__": _init, "__repr__": _repr}
    if eq:
        said |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    if frozen:
        said |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
    kept = vars(cls)
    members |= {name: method for name, method in said.items() if name not in kept or kept[name] is None}
    if not slots:
        for name, each in own.items():
            if each.default is not MISSING:
                setattr(cls, name, each.default)
            elif name in kept:
                delattr(cls, name)
        for name, member in members.items():
            setattr(cls, name, member)
        return cls
    given = {name: value for name, value in kept.items()
             if name not in own and name not in ("__dict__", "__weakref__", "__annotations_cache__")}
    inherited = {name for base in cls.__mro__[1:] for name in vars(base).get("__slots__", ())}
    members |= {"__slots__": tuple(name for name in own if name not in inherited),
                "__getstate__": _getstate, "__setstate__": _setstate}
    return type(cls)(cls.__name__, cls.__bases__, {**given, **members, "__qualname__": cls.__qualname__})


def _own_fields(cls: type, kw_only: bool) -> dict[str, Field]:
    found = {}
    for name, annotation in cls.__annotations__.items():
        if getattr(annotation, "__name__", str(annotation)).rpartition(".")[2].startswith("ClassVar"):
            continue
        value = vars(cls).get(name, MISSING)
        each = value if isinstance(value, Field) else Field(value, MISSING, True, True, True, kw_only)
        each.name, each.annotation, each.kw_only = name, annotation, each.kw_only or kw_only
        found[name] = each
    return found


# --------------------------------------------------------------------------- methods of all of them

def _init(self: "Any", /, *values: object, **named: object) -> None:
    cls = type(self)
    cls.__record_count__[0] += 1
    if cls.__record_count__[0] == OFTEN and cls.__init__ is _init:
        cls.__init__ = _compiled_init(cls)
    names = cls.__match_args__
    if len(values) > len(names):
        raise TypeError(f"{cls.__name__}() takes {len(names)} positional arguments, but {len(values)} were given")
    given = dict(zip(names, values, strict=False))
    for name in named:
        if name in given:
            raise TypeError(f"{cls.__name__}() got multiple values for argument {name!r}")
    given.update(named)
    put = object.__setattr__
    for each in cls.__record__:
        if each.init and each.name in given:
            put(self, each.name, given.pop(each.name))
        elif each.default is not MISSING:
            put(self, each.name, each.default)
        elif each.default_factory is not MISSING:
            put(self, each.name, each.default_factory())
        elif each.init:
            raise TypeError(f"{cls.__name__}() lacks the argument {each.name!r}")
    if given:
        raise TypeError(f"{cls.__name__}() got an unexpected keyword argument {next(iter(given))!r}")
    if hasattr(cls, "__post_init__"):
        self.__post_init__()


def _compiled_init(cls: "Any") -> "Any":
    """The same for this class alone: what _init() finds out each time stands in its text."""
    known: dict[str, Any] = {"put": object.__setattr__, "MISSING": MISSING}
    parameters, body = ["self", "/"], []
    for each in sorted(cls.__record__, key=lambda each: each.kw_only):
        name, made = each.name, f"make_{each.name}()"
        known[f"make_{name}"], known[f"default_{name}"] = each.default_factory, each.default
        fresh = each.default_factory is not MISSING
        if each.init:
            if each.kw_only and "*" not in parameters:
                parameters.append("*")
            default = "=MISSING" if fresh else f"=default_{name}" if each.default is not MISSING else ""
            parameters.append(name + default)
            value = f"{made} if {name} is MISSING else {name}" if fresh else name
            body.append(f"put(self, {name!r}, {value})")
        elif fresh or each.default is not MISSING:
            body.append(f"put(self, {name!r}, {made if fresh else f'default_{name}'})")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    # as dataclasses does it; the text holds nothing but names of attributes
    exec(f"def __init__({', '.join(parameters)}):\n    " + "\n    ".join(body or ["pass"]), known)  # noqa: S102
    return known["__init__"]


def _getter(names: list[str]) -> "Any":
    """What gives these attributes of an instance as a tuple."""
    if len(names) > 1:
        return staticmethod(attrgetter(*names))
    return staticmethod(lambda record: tuple([getattr(record, name) for name in names]))


def _repr(self: "Any") -> str:
    shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in self.__record__ if each.repr)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: "Any", other: "Any") -> bool:
    values = self.__record_values__
    return bool(values(self) == values(other)) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: "Any") -> int:
    return hash(self.__record_values__(self))


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: "Any") -> list[object]:
    return [getattr(self, each.name) for each in self.__record__]


def _setstate(self: "Any", state: list[object]) -> None:
    for each, value in zip(self.__record__, state, strict=True):
        object.__setattr__(self, each.name, value)


class _FromStandard:
    """An attribute of the same class as :mod:`dataclasses` makes it, which happens when somebody asks for it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: "Any") -> object:
        members = {"__annotations__": {each.name: each.annotation for each in owner.__record__},
                   **{each.name: each.standard() for each in owner.__record__}}
        twin: Any = dataclasses.dataclass(frozen=owner.__record_frozen__)(type(owner.__name__, (), members))
        found = inspect.signature(twin) if self.name == "__signature__" else getattr(twin, self.name)
        setattr(owner, self.name, found)    # in place of this
        return found
