"""tcx (Linux 6.6): programs at ingress and egress of a device, run in order until one gives a verdict."""

def attach_first(program_fd: int, ifindex: int, *, egress: bool) -> int:
    """Attach a program before all others of a device of the current namespace; returns the link's descriptor.

    It stays attached until that is closed, which takes the kernel one RCU grace period, as attaching does. Raises
    OSError: EINVAL or EOPNOTSUPP where the kernel has no tcx, ENODEV where the device is gone.
    """

def detach(link_fd: int) -> None:
    """Detach a link's program, whoever else has the link open. Raises OSError."""

def link_id(link_fd: int) -> int:
    """The id of a link, as standing() gives it. Raises OSError."""

def described(program_fd: int) -> tuple[bytes, bytes]:
    """Name and tag of a program; the tag is the same for what was loaded from the same instructions. Raises OSError."""

def described_by_id(program: int) -> tuple[bytes, bytes]:
    """The same of a program by its id. Raises OSError, ENOENT where it is gone."""

def standing(ifindex: int, *, egress: bool) -> list[tuple[int, int]] | None:
    """Programs at a device of the current namespace in the order in which they run: (program id, link id).

    The link id is 0 for a program without a link. None where the kernel has no tcx. Raises OSError.
    """
