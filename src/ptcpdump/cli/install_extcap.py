"""`--install-extcap [DIR]`: let Wireshark find us among its interfaces."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from ptcpdump.cli import say, whole_file
from ptcpdump.cli.options import Options
from ptcpdump.errors import PtcpdumpError, UsageError
from ptcpdump.extcap.arguments import OURSELVES

_NAME = "ptcpdump"
_MARK = "# written by ptcpdump --install-extcap"
_PERSONAL = ("Personal Extcap path", "Extcap path", "Global Extcap path")
_GLOBAL = ("Global Extcap path", "Extcap path")     # Wireshark before 4.2 names one


def run(options: Options) -> int:
    """Write a small script into Wireshark's folder for such programs and say where it is."""
    folder = Path(options.expression) if options.expression else _folder()
    path = folder / _NAME
    if path.exists() and _MARK not in path.read_text(errors="replace"):
        raise UsageError(f"{path} exists and is not ours: remove it, or name another folder behind --install-extcap")
    script = f'#!/bin/sh\n{_MARK}\nexec {shlex.join(OURSELVES)} "$@"\n'
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file.replacing(path, 0o755) as new:
            new.write_text(script)
    except OSError as error:
        raise PtcpdumpError(f"{path}: can't write: {error.strerror}; become root for the folder of all users, or name "
                            "another one behind --install-extcap") from error
    say.show(f"installed as {path}: Wireshark shows the interfaces ptcpdump and ptcpdump-ssh when it is started anew")
    return 0


def _folder() -> Path:
    """Where Wireshark looks: for all users if we are root, else for this one."""
    for program in ("tshark", "wireshark"):
        if shutil.which(program):
            told = subprocess.run([program, "-G", "folders"], capture_output=True, text=True,  # noqa: S603 -- Wireshark itself
                                  check=False).stdout
            folders = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
            for name in _GLOBAL if os.geteuid() == 0 else _PERSONAL:
                if name in folders:
                    return Path(folders[name].strip())
    raise UsageError("--install-extcap: neither tshark nor wireshark is here to say where it looks; name the folder "
                     "that Help, About, Folders of Wireshark shows as its extcap path")
