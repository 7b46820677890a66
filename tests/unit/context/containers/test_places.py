"""Where sockets of runtimes are looked for."""

import socket
from pathlib import Path

import pytest

from ptcpdump.context.containers import places as module
from ptcpdump.context.containers.runtimes import BY_NAME
from ptcpdump.records import replace


def test_below_the_hosts_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container: the container's own first, then what is mounted, then what its first process sees."""
    row = replace(BY_NAME["Docker"], sockets=(f"{tmp_path}/run/docker.sock",))
    monkeypatch.setattr(module, "RUNTIMES", (row,))
    monkeypatch.setattr(module, "HOST_ROOTS", (f"{tmp_path}/host", f"{tmp_path}/init"))
    assert list(module.places({})) == []
    for root in (f"{tmp_path}/init", f"{tmp_path}/host", ""):
        path = Path(root + row.sockets[0])
        path.parent.mkdir(parents=True)
        with socket.socket(socket.AF_UNIX) as listener:
            monkeypatch.chdir(path.parent)      # a socket's path has 108 bytes at most
            listener.bind(path.name)
        assert [place.address for place in module.places({})] == [str(path)]
    assert list(module.places({"Docker": f"{tmp_path}/elsewhere"})) == []
