"""What Wireshark is offered: two interfaces, and the settings that its dialogue shows for them."""

from dataclasses import dataclass
from typing import Literal

LOCAL, REMOTE = "ptcpdump", "ptcpdump-ssh"
INTERFACES = {LOCAL: "Packets with their processes (ptcpdump)", REMOTE: "Packets of another host, by ssh (ptcpdump)"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the dialogue.

    call: the argument by which its value comes back. flag: the flag of the command that takes it, empty for those that
    say how the command is run. only: the interface that has it, empty for both.
    """

    call: str
    display: str
    tooltip: str
    kind: Literal["string", "boolflag", "selector", "fileselect", "unsigned"] = "string"
    flag: str = ""
    default: str = ""
    group: str = "Capture"
    only: str = ""
    required: bool = False


_REMOTE, _WHO = "Remote host", "Whose packets"

SETTINGS: tuple[Setting, ...] = (
    Setting("--remote-host", "Host", "Name or address of the host to capture on", group=_REMOTE, only=REMOTE,
            required=True),
    Setting("--remote-port", "Port", "Port of its ssh server, where it is not the usual one", "unsigned", group=_REMOTE,
            only=REMOTE),
    Setting("--remote-user", "User", "Who to log in as", group=_REMOTE, only=REMOTE),
    Setting("--remote-identity", "Key file", "Private key to log in with; without one ssh's configuration says",
            "fileselect", group=_REMOTE, only=REMOTE),
    Setting("--remote-command", "Command", "Where ptcpdump is on that host", default="ptcpdump", group=_REMOTE,
            only=REMOTE),
    Setting("--with-sudo", "Run with sudo", "Run it by sudo, which must not ask for a password", "boolflag"),
    Setting("--interface", "Interfaces", "Names, separated by commas; any: all of them", flag="-i", default="any"),
    Setting("--netns", "Network namespaces", "Names or paths, separated by commas; any: all of them", flag="--netns"),
    Setting("--backend", "Backend", "Where packets are taken", "selector", flag="--backend"),
    Setting("--direction", "Direction", "Only packets that come in, or go out", "selector", flag="-Q"),
    Setting("--snapshot-length", "Snapshot length", "Keep at most so many bytes of a packet; empty: all", "unsigned",
            flag="-s"),
    Setting("--pid", "Process ids", "Packets of these processes, separated by commas", flag="--pid", group=_WHO),
    Setting("--pname", "Process names", "Packets of processes with these names", flag="--pname", group=_WHO),
    Setting("--uid", "Users", "Packets of processes of these users, by number or name", flag="--uid", group=_WHO),
    Setting("--follow-forks", "Descendants too", "And of all their descendants", "boolflag", flag="-f", group=_WHO),
    Setting("--container-id", "Container ids", "Packets of containers by id or the start of it", flag="--container-id",
            group=_WHO),
    Setting("--container-name", "Container names", "Packets of containers by name", flag="--container-name",
            group=_WHO),
    Setting("--pod-name", "Pods", "Packets of pods, as NAME.NAMESPACE", flag="--pod-name", group=_WHO),
)


def settings_of(interface: str) -> tuple[Setting, ...]:
    """Those that an interface has, in the order of the dialogue."""
    return tuple(setting for setting in SETTINGS if setting.only in ("", interface))
