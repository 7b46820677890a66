"""Opening the backend that a run asks for; the modules of the others are never imported."""

from importlib import import_module

from ptcpdump.kernel.traits import Traits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ptcpdump.kernel.backends.base import Backend, Expression
    from ptcpdump.kernel.backends.keeper import FilterKeeper
    from ptcpdump.kernel.loading.loader import Loaded


def open_backend(row: Traits, loaded: "Loaded", expression: "Expression", direction: str,
                 keeper: "FilterKeeper | None" = None) -> "Backend":
    """The backend of a run, attached to nothing yet. direction: as -Q. Raises PtcpdumpError.

    keeper: for a backend whose filters may have to be kept.
    """
    module, name = row.home.split(":")
    more = {"keeper": keeper} if row.kept_filters else {}
    made = getattr(import_module(f"ptcpdump.kernel.backends.{module}"), name)
    backend: Backend = made(loaded, expression, direction, **more)
    return backend
