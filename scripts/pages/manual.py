"""The manual page ptcpdump(8), in the man macros of groff_man(7)."""

from ptcpdump.cli.flags import FLAGS, SECTIONS
from ptcpdump.cli.usage import SYNOPSIS

_HEAD = r"""
.\" Written by `make readme` from the table of flags.
.TH PTCPDUMP 8 "" ptcpdump "System Administration"
.SH NAME
ptcpdump \- tcpdump that tells for every packet which process, container and pod it belongs to
.SH SYNOPSIS
.B ptcpdump
{synopsis}
.SH DESCRIPTION
Prints the packets of network interfaces as
.BR tcpdump (8)
does, and for each the process, container and Kubernetes pod that it belongs to. The kernel tells it, by eBPF, which
socket a packet belongs to and who uses that socket; filters for processes, users, containers and pods run in the
kernel, too. The expression is that of
.BR pcap\-filter (7).
Words behind
.B \-\-
are a command that is run, and whose packets are captured.
.PP
Processes, users, containers and pods that are chosen are ORed among themselves and ANDed with the expression.
"""

_TAIL = r"""
.SH SIGNALS
.TP
.BR SIGINT ", " SIGTERM ", " SIGHUP
end the capture and show the counters; a second one ends it at once.
.TP
.B SIGUSR1
shows the counters.
.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
an error of the run
.TP
.B 2
a wrong command line
.PP
With
.BR "\-\- command" ,
that of the command.
.SH EXAMPLES
.EX
ptcpdump \-i any                               # everything, with its process
ptcpdump \-i eth0 \(aqtcp port 443\(aq
ptcpdump \-i any \-\-pname curl \-v
ptcpdump \-i any \-\- curl https://example.org
ptcpdump \-\-netns any \-i any \-w all.pcapng
ptcpdump \-r all.pcapng \-\-pname curl \(aqport 53\(aq
ptcpdump \-\-doctor                             # what this kernel allows
.EE
.SH SEE ALSO
.BR tcpdump (8),
.BR pcap\-filter (7),
.BR capabilities (7),
.BR network_namespaces (7)
""".lstrip()


_ESCAPES = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "^": r"\(ha", "~": r"\(ti"})


def page() -> str:
    """The page, with the last line feed."""
    lines = [_HEAD.strip().replace("{synopsis}", _text(SYNOPSIS.partition(" ")[2])), ".SH FLAGS"]
    for section in SECTIONS:
        lines.append(f".SS {_text(section)}")
        for flag in FLAGS:
            if flag.section == section and not flag.hidden:
                names = ", ".join(rf"\fB{_text(name)}\fR" for name in flag.names)
                value = rf" \fI{_text(flag.value)}\fR" if flag.value else ""
                lines += [".TP", names + value, _text(flag.help)]
    return "\n".join([*lines, _TAIL])


def _text(text: str) -> str:
    """A text as it is: no dash of ours is a hyphen, nothing at the start of a line a request."""
    text = text.translate(_ESCAPES)
    return rf"\&{text}" if text.startswith(".") else text
