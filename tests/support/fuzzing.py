"""How many inputs fuzz tests that are not spread over processes try."""

import os

_USUAL = 210000     # PTCPDUMP_FUZZ_INPUTS of a usual run; see tests/fuzz/test_printers.py


def turns(usual: int) -> int:
    """So many, or by PTCPDUMP_FUZZ_INPUTS more or fewer: a tenth at least, which is what sanitizers get."""
    return max(usual // 10, usual * int(os.environ.get("PTCPDUMP_FUZZ_INPUTS", _USUAL)) // _USUAL)
