"""Which captures are alive: each holds a name in every network namespace where it has clsact filters.

The name is that of an abstract Unix socket (unix(7)), which belongs to a network namespace and is gone with the last
process that holds it, however that ends. Filters are not, but are called by it: those of a name that nobody holds were
left behind by a capture whose processes were all killed at one moment. Nobody can take a name before we do, for it has
64 random bits; who takes that of a dead capture only makes its filters stay.
"""

import os
import socket

_PREFIX = "\0ptcpdump-"


def claim() -> tuple[str, socket.socket]:
    """Take a new name in the current network namespace: the name, and what holds it. Raises OSError."""
    name = os.urandom(8).hex()
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        holder.bind(_PREFIX + name)
    except BaseException:
        holder.close()
        raise
    return name, holder


def is_held(name: str) -> bool:
    """Whether a process holds a name in the current network namespace; in doubt one does."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as trial:
            trial.bind(_PREFIX + name)
    except OSError:
        return True
    return False
