"""Names of users, from /etc/passwd alone: whom else the system could ask might not answer for a while."""

from functools import cache
from pathlib import Path

PASSWD = Path("/etc/passwd")


def user_name(uid: int) -> str:
    """The name of a user of this host; "" where the file has none."""
    return _names().get(uid, "")


@cache
def _names() -> dict[int, str]:
    """The first name of each id, see passwd(5)."""
    found: dict[int, str] = {}
    try:
        text = PASSWD.read_text(errors="surrogateescape")
    except OSError:
        return found
    for line in text.splitlines():
        name, *rest = line.split(":")
        if len(rest) >= 2 and rest[1].isdecimal():
            found.setdefault(int(rest[1]), name)
    return found
