"""The table at the end of make kernels."""

from types import SimpleNamespace

from tests.kernels.matrix import answer, table


def packets(*pids: int | None, found: str = "socket") -> list[SimpleNamespace]:
    return [SimpleNamespace(process=pid and SimpleNamespace(pid=pid), found=found) for pid in pids]


def test_answers() -> None:
    assert answer(packets(7, 7), 7) == "yes"
    assert answer(packets(7, None), 7) == "1 of 2"
    assert answer(packets(None), 7) == answer([], 7) == "no"
    assert answer(packets(7, 8), 7) == "wrong"
    assert answer(packets(8, found="peer") + packets(7), 7) == "1 of 2"


def test_table() -> None:
    said = """\
kernel: hello
matrix ["cgroup v2", "tc", {"packets":"yes","listening":"yes","udp":"9 of 10","new":"wrong","ping":"no","late":"yes"}]
.....
matrix ["cgroup v1", "tp-btf", {"packets": "--backend tp-btf needs more (Linux 5.12), which this kernel refuses"}]
"""
    assert table({"5.10.0-46": said}) == [
        "| Kernel | Setting | Backend | packets | listening | udp | new | ping | late |",
        "|---|---|---|---|---|---|---|---|---|",
        "| 5.10.0-46 | cgroup v2 | tc | yes | yes | 9 of 10 | wrong | no | yes |",
        "| 5.10.0-46 | cgroup v1 | tp-btf | no (5.12) |  |  |  |  |  |",
    ]
