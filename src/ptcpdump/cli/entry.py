"""Where the command begins: before anything else is imported, a ^C becomes what it is to any program.

Until a run can handle it, it ends the process without a traceback of whatever was being imported. That it is ignored in
a script's background jobs does not count, as with tcpdump. SIGUSR1 and SIGUSR2, which ask a run for its counters and to
write what it has, end nothing before there is one.
"""

# without typeshed's word; signal itself imports enum, which takes long enough for a ^C to come
import _signal  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:       # importing typing takes longer than all of the command line
    from typing import NoReturn

_signal.signal(_signal.SIGINT, _signal.SIG_DFL)
# handled, not ignored: programs that we start would inherit that
_signal.signal(_signal.SIGUSR1, lambda *_: None)
_signal.signal(_signal.SIGUSR2, lambda *_: None)


def command() -> "NoReturn":
    """Run the command line of this process and end it."""
    from ptcpdump.cli.main import command as run  # noqa: PLC0415  behind what stands above

    run()
