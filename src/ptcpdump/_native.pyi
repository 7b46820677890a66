"""The shared object that holds the Cython modules (native/native.c)."""

from importlib.machinery import ModuleSpec
from types import ModuleType

NAMES: frozenset[str]
"""Full names of the modules that are in here; none when each is a library of its own."""

def create(spec: ModuleSpec, /) -> ModuleType:
    """Make the module that spec.name names, not yet executed; ImportError when it is not here."""
