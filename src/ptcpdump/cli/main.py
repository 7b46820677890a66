"""Entry point of the command: alone it decides exit statuses and writes errors.

Exit statuses: 0 done, 1 an error of the run, 2 a wrong command line, 130 interrupted before a run could handle ^C,
and with `-- CMD` the status of CMD.
"""

import errno
import gc
import importlib
import os
import sys

from ptcpdump.cli import hints, say
from ptcpdump.cli.options import Options
from ptcpdump.errors import FilterError, PtcpdumpError
from ptcpdump.lazy import lazy_modules

with lazy_modules:      # errors of its import are handled, too
    from ptcpdump.cli import build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn, Protocol

    class CommandModule(Protocol):
        """What a module of a command offers."""

        def run(self, options: Options) -> int:
            """Do it and return the exit status; raise PtcpdumpError to end with its message and status."""
            ...

_MORE_FILES = ": raise the hard limit (ulimit -Hn) to 256 or more"
# How many objects may be made before those in circles are looked for: records of a savefile's owners are in none.
_GARBAGE = (50_000, 20, 20)
INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run one command line (default: that of this process) and return its exit status."""
    words = sys.argv[1:] if argv is None else argv
    try:
        return _run(words)
    except PtcpdumpError as error:
        advice = hints.for_expression(" ".join(words)) if isinstance(error, FilterError) else ""
        say.complain(f"{error}{advice or _more_files(str(error))}")
        _trace(words, error)
        return error.exit_status
    except BrokenPipeError:
        # Whoever read our output has left, as `| head` does: nothing is left to do and nothing is wrong. Python must
        # not stumble over the same pipe again when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        say.complain(f"{where}{error.strerror or error}{_MORE_FILES if error.errno == errno.EMFILE else ''}")
        _trace(words, error)
        return 1
    except MemoryError as error:
        say.complain("there is not enough memory: raise the limit (ulimit -v), or end other programs")
        _trace(words, error)
        return 1
    except ImportError as error:
        # The dynamic linker tells why a shared object can't be opened by words alone (dlerror(3)).
        say.complain(f"{error}{_more_files(str(error)) or ': install what is missing, or ptcpdump anew'}")
        _trace(words, error)
        return 1
    except Exception as error:
        say.complain(f"internal error: {type(error).__name__}: {error}")
        if not _trace(words, error):
            say.complain("this is a mistake in ptcpdump: please report what it prints with --log-level debug")
        return 1


def _more_files(text: str) -> str:
    """What to add to a message by which no more files may be opened."""
    return _MORE_FILES if os.strerror(errno.EMFILE) in text and _MORE_FILES not in text else ""


def command() -> "NoReturn":
    """Run the command line of this process and end it, without the time that taking the interpreter apart takes."""
    _occupy_standard_streams()
    say.take_over()
    gc.disable()    # until the command's modules are there: nothing of them is garbage
    status = main()
    os._exit(status)


def _run(words: "Sequence[str]") -> int:
    options = build.options_from(words)
    if options.loud:
        for text in options.warnings:
            say.warn(text)
    command: CommandModule = importlib.import_module(f"ptcpdump.cli.{options.command}")
    if not gc.isenabled():      # command() has seen to that
        gc.freeze()
        gc.enable()
        gc.set_threshold(*_GARBAGE)
    status = command.run(options)
    if sys.stdout is not None:
        sys.stdout.flush()  # here, where a closed pipe is understood
    return status


def _occupy_standard_streams() -> None:
    """Where one of them was closed before we began, have no file of ours get its number: text for it would go there.

    What takes its place can't be written to (or read from), and programs that we start find it closed still.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if descriptor else os.O_WRONLY)     # the lowest number that is free


def _trace(words: "Sequence[str]", error: BaseException) -> bool:
    """Say where an exception comes from if --log-level debug asks for it."""
    line = " ".join(words)
    if "--log-level debug" not in line and "--log-level=debug" not in line:
        return False
    say.trace(error)
    return True
