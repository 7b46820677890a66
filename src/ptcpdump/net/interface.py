"""What is known of an interface: the same for a live device and for one that a savefile describes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interface:
    """One row of a run's interface table; `Packet.interface` is the number of a row.

    name: the device's name, empty where a savefile does not say.
    index: ifindex inside its network namespace, 0 if unknown.
    netns: inode of the network namespace, 0 if unknown.
    netns_path: a path by which that namespace can be entered, empty if unknown.
    linktype: LINKTYPE_ value, see https://www.tcpdump.org/linktypes.html.
    snaplen: at most this many bytes of a packet are captured; 0: no limit.
    filter: the capture filter in force, as the user wrote it.
    description: free text of the interface's savefile.
    label: how text lines name it where that is not its name, for instance "eth0@web" or "eth0@4026532281" for a
        device of another network namespace.
    """

    name: str = ""
    index: int = 0
    netns: int = 0
    netns_path: str = ""
    linktype: int = 1
    snaplen: int = 262144
    filter: str = ""
    description: str = ""
    label: str = ""

    @property
    def shown(self) -> str:
        """How text lines name it."""
        return self.label or self.name
