"""BSD syslog (RFC 3164): priority in angle brackets, text."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named

SEVERITIES = dict(enumerate(
    ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
))  # fmt: skip
FACILITIES = dict(enumerate(
    ("kernel", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
     "security", "console", "cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7")
))  # fmt: skip
PRIORITY_DIGITS = 3


def print_syslog(view: View) -> None:
    """A message from or to port 514."""
    view.protocol = "syslog"
    at, priority = 1, 0
    bracketed = view.u8(0) == ord("<")
    while bracketed and at <= PRIORITY_DIGITS and ord("0") <= view.u8(at) <= ord("9"):
        priority = priority * 10 + view.u8(at) - ord("0")
        at += 1
    if not bracketed or view.u8(at) != ord(">"):
        view.say(" (invalid)")
        return
    at += 1
    severity, facility = priority & 7, (priority >> 3) & 0x1F
    names = f"{named(FACILITIES, facility, 'unknown ({})')}.{named(SEVERITIES, severity)}"
    if view.verbose < 1:
        view.say(f"SYSLOG {names}, length: {view.length}")
        return
    view.say(f"SYSLOG, length: {view.length}\n\tFacility {named(FACILITIES, facility, 'unknown ({})')} ({facility})")
    view.say(f", Severity {named(SEVERITIES, severity)} ({severity})\n\tMsg: ")
    view.safe(at, max(0, view.length - at))
    if view.verbose > 1:
        view.unknown("\n\t", 0, view.length)
