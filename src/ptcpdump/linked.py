"""Finds the Cython modules that are linked into one shared object, and makes modules of them.

importlib looks for one file a module; `_native` holds most of ours, because opening one library takes less time than
opening 80, and because calls within one can be inlined (native/bind.py). To the rest of Python they look as modules
of a library of their own do: a loader for extension modules, `__file__` is the library. In a checkout that is used in
place (`make develop`) they are libraries of their own, and `_native` is empty.
"""

import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from types import ModuleType

from ptcpdump import _native

TYPE_CHECKING = False
if TYPE_CHECKING:       # the modules take long enough to load for a ^C to come meanwhile
    from collections.abc import Sequence


class LinkedLoader(ExtensionFileLoader):
    """Makes one module of the shared object."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make it, not yet executed; the rest is as for any extension module."""
        return _native.create(spec)


class LinkedFinder:
    """An entry of sys.meta_path."""

    @staticmethod
    def find_spec(
        name: str, path: "Sequence[str] | None" = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Say how to load a module of the shared object; None for all others (importlib.abc.MetaPathFinder)."""
        if name not in _native.NAMES:
            return None
        spec = ModuleSpec(name, LinkedLoader(name, _native.__file__), origin=_native.__file__)
        spec.has_location = True
        return spec


def install() -> None:
    """Let imports find them, before any folder is searched; a second call does nothing."""
    if _native.NAMES and LinkedFinder not in sys.meta_path:
        sys.meta_path.insert(0, LinkedFinder)
