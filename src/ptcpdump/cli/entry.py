"""Where the command begins: before anything else is imported, a ^C becomes what it is to any program.

Until a run can handle it, it ends the process without a traceback of whatever was being imported. That it is ignored in
a script's background jobs does not count, as with tcpdump.
"""

import signal

TYPE_CHECKING = False
if TYPE_CHECKING:       # importing typing takes longer than all of the command line
    from typing import NoReturn

signal.signal(signal.SIGINT, signal.SIG_DFL)


def command() -> "NoReturn":
    """Run the command line of this process and end it."""
    from ptcpdump.cli.main import command as run  # noqa: PLC0415  behind what stands above

    run()
