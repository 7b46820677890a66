"""`--save-btf FILE`: what our programs need of the kernel's type information, for --kernel-btf."""

import os
from pathlib import Path

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.loading import kernel_types


def run(options: Options) -> int:
    """Write the file; it is there whole or not at all."""
    data = kernel_types.minimal(Types(kernel_types.find(options.kernel_btf or None)))
    path = Path(options.save_btf)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with new.open("xb") as file:
            file.write(data)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise PtcpdumpError(f"{path}: can't write: {error.strerror}") from error
    say.show(f"{path}: type information of {os.uname().release}, {len(data)} bytes")
    return 0
