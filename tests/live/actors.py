"""Traffic with a known owner: each role prints what it is as JSON lines and waits for a line where the test decides.

Run as `python actors.py ROLE ARGUMENTS`; a role is a function of one of the modules below.
"""

import importlib
import sys

MODULES = ("tcp", "udp", "processes", "frames")


def play(role, *arguments):
    for name in MODULES:
        module = importlib.import_module(f"actor_roles.{name}")
        if hasattr(module, role):
            return getattr(module, role)(*arguments)
    raise SystemExit(f"{sys.argv[0]}: there is no role {role!r}")


if __name__ == "__main__":
    play(*sys.argv[1:])
