"""Modules that are imported when they are first used, because importing them takes time and most runs don't need them.

::

    with lazy_modules:
        import difflib

        from ptcpdump.filters import pcap

binds names as always, to checkers too, but executes neither module until an attribute of it is asked for. Import
modules this way, not names out of them: `from ptcpdump.filters.pcap import compile_expression` asks for an attribute at
once. So does an annotation, unless it is quoted. A module that does not exist is an error where it is imported, one
that can't be executed where it is used.

It concerns the thread that is inside the block and no other: there, a finder in sys.meta_path answers with stand-ins,
which are taken out of sys.modules again at the end of the block. A stand-in imports its module in the usual way, under
importlib's lock, whichever threads need it first. Our own packages are imported at once: their `__init__` are empty.
"""

import importlib
import sys
from _thread import _local
from importlib.machinery import ModuleSpec
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

OWN = f"{__name__.partition('.')[0]}."
REAL = "__real__"       # where a stand-in keeps its module


class _Here(_local):
    """What one thread is doing."""

    def __init__(self) -> None:
        self.blocks: list[list[_StandIn]] = []      # the stand-ins of each block that it is in


_here = _Here()
_origins: dict[str, str | None] = {}    # where modules are that were found: several of ours may ask for each


class _StandIn(ModuleType):
    """Has a module's name; its other attributes are those of the module, which is imported for the first of them."""

    def __getattr__(self, name: str) -> object:
        return getattr(_module(self), name)

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("__"):       # importlib says where it is from
            super().__setattr__(name, value)
        else:
            setattr(_module(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_module(self), name)

    def __dir__(self) -> list[str]:
        return dir(_module(self))

    def __repr__(self) -> str:
        return f"<module {self.__name__!r}, imported when it is used>"


def _module(stand_in: _StandIn) -> ModuleType:
    """The module itself. Raises ImportError naming it, and what it lacks."""
    real = stand_in.__dict__.get(REAL)
    if isinstance(real, ModuleType):
        return real
    name = stand_in.__name__
    if sys.modules.get(name) is stand_in:           # still inside the block
        del sys.modules[name]
    blocks, _here.blocks = _here.blocks, []         # what the module itself imports is no business of that block
    try:
        real = importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"{name} is needed now and can't be imported: {error}", name=name, path=error.path) from error
    finally:
        _here.blocks = blocks
    stand_in.__dict__[REAL] = real
    return real


class _Loader:
    """What importlib asks for a module: it gets a stand-in."""

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        """Make a stand-in, to be taken back at the end of the block."""
        stand_in = _StandIn(spec.name)
        stand_in.__dict__["__path__"] = None    # importlib asks for it meanwhile: no reason to import the module
        _here.blocks[-1].append(stand_in)
        return stand_in

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Nothing of it yet."""
        del module.__dict__["__path__"]


class _Finder:
    """An entry of sys.meta_path that finds modules inside of blocks only."""

    @staticmethod
    def find_spec(
        name: str, path: "Sequence[str] | None" = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A stand-in's spec for a module that can be found (importlib.abc.MetaPathFinder)."""
        if not _here.blocks:
            return None
        if name in _origins:
            return ModuleSpec(name, _Loader, origin=_origins[name])     # type: ignore[arg-type]
        for finder in sys.meta_path:
            spec = None if finder is _Finder else finder.find_spec(name, path, target)
            if spec is not None:
                if name.startswith(OWN) and spec.submodule_search_locations is not None:
                    return spec
                _origins[name] = spec.origin
                return ModuleSpec(name, _Loader, origin=spec.origin)    # type: ignore[arg-type]
        return None


class _Block:
    """The context manager."""

    def __enter__(self) -> None:
        _here.blocks.append([])

    def __exit__(self, *error: object) -> None:
        for stand_in in _here.blocks.pop():
            name = stand_in.__name__
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
            package, _, attribute = name.rpartition(".")
            parent = sys.modules.get(package)
            if parent is not None and vars(parent).get(attribute) is stand_in:
                delattr(parent, attribute)


lazy_modules = _Block()
sys.meta_path.insert(0, _Finder)
