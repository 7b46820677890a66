"""The arguments with which Wireshark starts an extcap program (extcap(4)), and the command line that captures so."""

import shlex
import sys
from collections.abc import Mapping, Sequence

from ptcpdump.errors import UsageError
from ptcpdump.extcap.table import INTERFACES, REMOTE, SETTINGS, settings_of

# -P: else Python would take modules from the folder that Wireshark was started in, which may be anybody's
OURSELVES = (sys.executable, "-P", "-m", "ptcpdump")
_QUESTIONS = ("--extcap-interfaces", "--extcap-dlts", "--extcap-config", "--capture")
_TAKE_VALUES = {"--extcap-interface", "--extcap-capture-filter", "--fifo"} | {
    setting.call for setting in SETTINGS if setting.kind != "boolflag"}
_SWITCHES = {setting.call for setting in SETTINGS if setting.kind == "boolflag"}


def parse(words: Sequence[str]) -> dict[str, str]:
    """The arguments by name; what newer versions of Wireshark add is passed over. Raises UsageError.

    A value is the next word, whatever it looks like, or stands behind "="; "true" or "false" may follow a switch.
    """
    given: dict[str, str] = {}
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name in _TAKE_VALUES and not equals:
            if not rest:
                raise UsageError(f"{name}: its value is missing")
            value = rest.pop(0)
        elif name in _QUESTIONS:
            value = "true"
        elif name in _SWITCHES and not equals:
            value = rest.pop(0) if rest and rest[0].lower() in ("true", "false") else "true"
        given[name] = value.strip()
    _check(given)
    return given


def _check(given: Mapping[str, str]) -> None:
    interface = given.get("--extcap-interface", "")
    if "--extcap-interfaces" not in given and interface not in INTERFACES:
        raise UsageError(f"--extcap-interface {interface or '(missing)'}: there is no such interface; there are "
                         f"{' and '.join(INTERFACES)}")
    if "--capture" in given and not given.get("--fifo"):
        raise UsageError("--capture needs --fifo PATH, where the packets go")


def capture_command(given: Mapping[str, str]) -> list[str]:
    """The command that writes packets as pcapng to its standard output. Raises UsageError."""
    words = ["-w", "-", "-U", "--log-level", "fatal"]       # Wireshark shows all that is said as an error
    interface = given["--extcap-interface"]
    for setting in settings_of(interface):
        value = given.get(setting.call, "")
        if setting.flag and setting.kind == "boolflag":
            words += [setting.flag] if _true(value) else []
        elif setting.flag and (value or setting.default):
            words += [setting.flag, value or setting.default]
    if expression := given.get("--extcap-capture-filter"):
        words.append(f"({expression})" if expression.startswith("-") else expression)    # that is no flag
    sudo = ["sudo", "-n"] if _true(given.get("--with-sudo", "")) else []
    if interface != REMOTE:
        return [*sudo, *OURSELVES, "--reader-may-leave", *words]
    return [*_ssh(given), shlex.join([*sudo, *_remote_command(given), *words])]


def _remote_command(given: Mapping[str, str]) -> list[str]:
    """Words as a shell has them."""
    text = given.get("--remote-command") or "ptcpdump"
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--remote-command {text}: {str(error).lower()}: quote as in a shell") from error
    if not words or words[0][:1] in ("", "-"):        # ssh would take it for a flag
        raise UsageError(f"--remote-command {text}: that is no command")
    return words


def _ssh(given: Mapping[str, str]) -> list[str]:
    host, port = given.get("--remote-host"), given.get("--remote-port", "")
    if not host:
        raise UsageError(f"{REMOTE} needs --remote-host: the host to capture on")
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise UsageError(f"--remote-port {port}: that is no number of a port")
    words = ["ssh", "-T", "-o", "BatchMode=yes"]        # there is nobody to ask for a password
    user, identity = given.get("--remote-user"), given.get("--remote-identity")
    for flag, value in (("-p", port), ("-l", user), ("-i", identity)):
        words += [flag, value] if value else []
    return [*words, "--", host]


def _true(value: str) -> bool:
    return value.lower() in ("true", "yes", "1", "t", "y")
