"""Files in memory, and what else Pythons that were built for glibc 2.17 do without (the bundle's, those of uv)."""

import os
import re
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump.memfd import memory_file


def test_memory_file() -> None:
    descriptor = memory_file("some")
    try:
        assert os.readlink(f"/proc/self/fd/{descriptor}") == "/memfd:some (deleted)"
        assert not os.get_inheritable(descriptor)
        os.write(descriptor, b"kept")
        assert Path(f"/proc/self/fd/{descriptor}").read_bytes() == b"kept"
    finally:
        os.close(descriptor)
    with pytest.raises(OSError, match="Invalid argument"):
        memory_file("x" * 300)


def test_no_function_of_a_newer_c_library() -> None:
    """Of those in os that configure looks for, which Linux has, these came to glibc after 2.17."""
    newer = re.compile(r"\bos\.(memfd_create|MFD_\w+|copy_file_range|getrandom|preadv2|pwritev2|RWF_\w+|login_tty)\b")
    for path in Path(ptcpdump.__file__).parent.rglob("*.py"):
        assert not newer.search(path.read_text()), path
