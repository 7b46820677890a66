"""What Wireshark asks of an extcap program, and the captures that it starts: `--extcap-…` and `--capture`."""

import os

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.errors import PtcpdumpError
from ptcpdump.extcap import answers
from ptcpdump.extcap.arguments import capture_command, parse


def run(options: Options) -> int:
    """Answer, or become the capture."""
    given = parse(options.extcap)
    if "--extcap-interfaces" in given:
        say.show(*answers.interfaces())
    elif "--extcap-dlts" in given:
        say.show(*answers.link_types())
    elif "--extcap-config" in given:
        say.show(*answers.config(given["--extcap-interface"]))
    elif "--capture" in given:
        _become(capture_command(given), given["--fifo"])
    elif flaw := answers.flaw_of_filter(given.get("--extcap-capture-filter", "")):
        say.show(flaw)
    return 0


def _become(command: list[str], fifo: str) -> None:
    """Run the command in place of this process, so that it gets Wireshark's SIGTERM, with the FIFO as standard output.

    The FIFO is opened here, for root may not create files over those of others in /tmp (fs.protected_fifos).
    """
    try:
        descriptor = os.open(fifo, os.O_WRONLY)
        os.dup2(descriptor, 1)
        os.close(descriptor)
    except OSError as error:
        raise PtcpdumpError(f"--fifo {fifo}: can't open: {error.strerror}") from error
    try:
        os.execvp(command[0], command)  # noqa: S606 -- it is ours, sudo or ssh
    except OSError as error:
        raise PtcpdumpError(f"{command[0]}: can't run it: {error.strerror}; install it") from error
