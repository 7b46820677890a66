"""`--save-btf FILE`: what our programs need of the kernel's type information, for --kernel-btf."""

import os
import sys
from pathlib import Path

from ptcpdump.cli import say, whole_file
from ptcpdump.cli.options import Options
from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.loading import kernel_types


def run(options: Options) -> int:
    """Write the file, -: standard output; it is there whole or not at all."""
    data = kernel_types.minimal(Types(kernel_types.find(options.kernel_btf or None)))
    try:
        if options.save_btf == "-":
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
            return 0
        whole_file.write(Path(options.save_btf), data)
    except OSError as error:
        raise PtcpdumpError(f"{options.save_btf}: can't write: {error.strerror}") from error
    say.show(f"{options.save_btf}: type information of {os.uname().release}, {len(data)} bytes")
    return 0
