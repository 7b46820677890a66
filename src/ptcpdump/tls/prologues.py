"""Where among a function's first instructions a probe costs the program least.

The kernel emulates the instruction under a probe if it is a push or a conditional jump (arch/x86/kernel/uprobes.c,
Linux 4.18 and later); any other it has to run elsewhere in a single step, which is an exception more: in a virtual
machine 6 us a call instead of 1.6. So where a function begins with instructions that change neither its arguments nor
memory, and one that is emulated follows, the probe is put there.
"""

import os
import re

from ptcpdump.tls.elf import X86_64, Elf

_LONGEST = 32       # bytes of code that are looked at
# Whole instructions, as assemblers encode them (Intel SDM, volume 2): endbr64, with which compilers mark what may be
# called through pointers; what Go's functions ask first, whether the stack has room; a test of arguments
_HARMLESS = re.compile(rb"""(?:
    \xf3\x0f\x1e\xfa                                        # endbr64
    | \x4c\x8d\x64\x24 . | \x4c\x8d\xa4\x24 .{4}            # lea number(%rsp), %r12
    | [\x49\x4d]\x3b\x66\x10                                # cmp 16(%r14), %rsp or %r12
    | \x48\x85[\xc0-\xff]                                   # test of 64-bit registers
    )*""", re.DOTALL | re.VERBOSE)
_EMULATED = re.compile(rb"\x41?[\x50-\x57] | [\x70-\x7f] | \x0f[\x80-\x8f]", re.VERBOSE)


def cheapest(elf: Elf, offset: int) -> int:
    """The offset in the file for a probe of the function that begins at this one."""
    if elf.machine != X86_64:
        return offset
    code = os.pread(elf.descriptor, _LONGEST, offset)
    skipped = _HARMLESS.match(code)
    return offset + skipped.end() if skipped and _EMULATED.match(code, skipped.end()) else offset
