"""How many inputs made up at random a test takes: a quick part, or with PTCPDUMP_TEST_FACTOR=10 ten times as many."""

import os

FACTOR = int(os.environ.get("PTCPDUMP_TEST_FACTOR", "1"))


def bounded(count: int) -> int:
    return count * FACTOR
