"""The one way to say anything on standard error or standard output, packets aside.

Names of interfaces, files, processes and containers, answers of daemons and of the kernel: much of what messages repeat
was chosen by somebody else. So every line is escaped, and nothing here or elsewhere in the command uses print().
"""

import contextlib
import sys
import threading

from ptcpdump.context.escape import escape, escape_layout
from ptcpdump.errors import PtcpdumpError
from ptcpdump.lazy import lazy_modules

with lazy_modules:
    import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import TextIO

_NAME = "ptcpdump"


def complain(text: str) -> None:
    """Say on standard error what went wrong, as "ptcpdump: TEXT"."""
    tell(f"{_NAME}: {text}")


def warn(text: str) -> None:
    """Say on standard error what a user should know."""
    complain(f"warning: {text}")


def tell(line: str = "") -> None:
    """Say a line on standard error, as tcpdump says it. It is lost where nobody can read it any more."""
    with contextlib.suppress(OSError):
        _write(sys.stderr, escape(line))


def show(*lines: str) -> None:
    """Print lines on standard output: what was asked for. Raises PtcpdumpError where that is closed."""
    _show(map(escape, lines))


def show_columns(*lines: str) -> None:
    """The same of lines whose tabs stand between columns: listings, which no text of others is a part of."""
    _show(map(escape_layout, lines))


def trace(error: BaseException) -> None:
    """Say on standard error where an exception comes from."""
    for part in traceback.format_exception(error):
        for line in part.splitlines():
            tell(line)


def take_over() -> None:
    """Have the interpreter, too, say in this way what nobody catches, in threads and where errors can't be raised."""
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, _: "TracebackType | None") -> None:
    trace(error or kind())


def _show(lines: "Iterable[str]") -> None:
    if sys.stdout is None:
        raise PtcpdumpError("standard output is closed: there is nowhere to print to")
    try:
        _write(sys.stdout, *lines)
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from error


def _write(stream: "TextIO | None", *lines: str) -> None:
    """Write each, escaped already, as one line; nothing where the stream was closed before we began."""
    if stream is not None:
        text = "".join(f"{line}\n" for line in lines)
        # a terminal's encoding may lack characters
        stream.write(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding))
        stream.flush()
