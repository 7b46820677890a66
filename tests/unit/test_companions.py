"""Processes beside a capture."""

import errno
import os

import pytest

from ptcpdump.companions import companion
from ptcpdump.errors import PtcpdumpError
from ptcpdump.run.command import Command


def test_no_more_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a control group whose pids.max is reached: what it was for is said, and what to do."""

    def refuse() -> int:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", refuse)
    before = len(os.listdir("/proc/self/fd"))
    for start, purpose in ((lambda: companion(print, "clsact-keeper"), "clsact-keeper"),
                           (lambda: Command(("true",)), "the command under capture")):
        with pytest.raises(PtcpdumpError, match=f"no process can be started .{purpose}.*raise the limit of processes"):
            start()
    assert len(os.listdir("/proc/self/fd")) == before
