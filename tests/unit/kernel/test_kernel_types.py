"""Type information of the kernel: where files are looked for, minimal ones, and those of another kernel."""

import os
import re
import struct
import subprocess
from pathlib import Path

import pytest

from ptcpdump.errors import UnsupportedError
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.loading import kernel_types

RELEASE = os.uname().release
OTHER_LAYOUT = "struct task_struct { char room[4096]; int pid, tgid; }; struct task_struct task;"
pytestmark = pytest.mark.skipif(not Path(kernel_types.OWN).exists(), reason="this kernel has no types of its own")


@pytest.fixture(scope="module")
def minimal() -> bytes:
    return kernel_types.minimal(Types())


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_types, "OWN", "/nowhere")


def refused(path: Path) -> str:
    with pytest.raises(UnsupportedError, match=re.escape(f"{path} is of another kernel")) as caught:
        kernel_types.find(str(path))
    assert "--save-btf" in str(caught.value)
    return str(caught.value)


def compiled(source: str, path: Path, *flags: str) -> Path:
    subprocess.run(["clang", "-g", "-c", "-x", "c", "-", "-o", path, *(flags or ("-target", "bpf"))], check=True,
                   input=source, text=True)
    return path


def test_minimal(minimal: bytes, tmp_path: Path) -> None:
    """It has what the kernel's has of all that our programs name, and is a hundredth of it."""
    (tmp_path / "btf").write_bytes(minimal)
    assert len(minimal) < 40_000
    small, whole = Types(tmp_path / "btf"), Types()
    for outer, member in (("task_struct", "tgid"), ("task_struct", "comm"), ("sock", "sk_kern_sock"),
                          ("sock_common", "skc_net"), ("sk_buff", "dev"), ("upid", "nr")):
        assert small.member(outer, member) == whole.member(outer, member) is not None
    assert small.member("task_struct", "prio") is None
    for tracepoint in ("sched_process_exec", "tcp_sendmsg_locked"):
        assert small.has_tracepoint(tracepoint) == whole.has_tracepoint(tracepoint)
    assert small.has_function("tcp_sendmsg") and not small.has_function("tcp_recvmsg")
    assert kernel_types.find(str(tmp_path / "btf")) == str(tmp_path / "btf")


@pytest.mark.parametrize("row", [
    struct.pack("<III", 1 << 30, 8 << 24, 0),       # struct btf_type of linux/btf.h: a typedef whose name is elsewhere
    struct.pack("<III", 0, 8 << 24, 1),             # one of itself
    struct.pack("<III", 0, 2 << 24, 1 << 30),       # a pointer to a type that is not there
    struct.pack("<IIIIII", 0, 4 << 24 | 1, 8, 0, 1, 0),     # a struct whose member is itself
    struct.pack("<IIIIII", 0, 4 << 24 | 1, 8, 1 << 30, 0, 0),
], ids=["name", "circle", "type", "struct in itself", "member's name"])
def test_damaged(row: bytes, tmp_path: Path) -> None:
    """What libbpf would follow until it crashes."""
    head = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(row), len(row), 1)
    (tmp_path / "btf").write_bytes(head + row + b"\0")
    with pytest.raises(UnsupportedError, match="is damaged"):
        Types(tmp_path / "btf")


def test_no_file(tmp_path: Path) -> None:
    """Nobody waits for what comes through a FIFO."""
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path):
        with pytest.raises(UnsupportedError, match="no kernel type information"):
            Types(path)


@pytest.mark.usefixtures("without")
def test_places(minimal: bytes, tmp_path: Path) -> None:
    assert kernel_types.find(root=str(tmp_path)) is None
    for place in (f"var/lib/ptcpdump/btf/{RELEASE}.btf", f"var/lib/ptcpdump/btf/vmlinux-{RELEASE}",
                  "var/lib/ptcpdump/btf/vmlinux", f"usr/lib/debug/boot/vmlinux-{RELEASE}",
                  f"lib/modules/{RELEASE}/vmlinux", f"boot/vmlinux-{RELEASE}"):
        path = tmp_path / place     # each goes before those above
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(minimal)
        assert kernel_types.find(root=str(tmp_path)) == str(path)
    path.write_bytes(minimal.replace(RELEASE.encode(), b"9" * len(RELEASE)))
    with pytest.raises(UnsupportedError, match=re.escape(f"it says that it is Linux {'9' * len(RELEASE)} ")):
        kernel_types.find(root=str(tmp_path))


def test_the_kernels_own_is_first(tmp_path: Path) -> None:
    (tmp_path / "boot").mkdir()
    (tmp_path / f"boot/vmlinux-{RELEASE}").write_bytes(b"anything")
    assert kernel_types.find(root=str(tmp_path)) is None
    assert kernel_types.find(kernel_types.OWN) == kernel_types.OWN


def test_another_layout(tmp_path: Path) -> None:
    assert "its struct task_struct has " in refused(compiled(OTHER_LAYOUT, tmp_path / "btf"))


def test_another_build(tmp_path: Path) -> None:
    """A kernel with its debugging information says which one it is, whatever its types are."""
    compiled("int main(void) { return 0; }", tmp_path / "plain", "-O1")
    subprocess.run(["cc", "-nostartfiles", "-Wl,--build-id=0x0102030405", "-Wl,-e,main", tmp_path / "plain", "-o",
                    tmp_path / "linked"], check=True)
    subprocess.run(["objcopy", "--add-section", f".BTF={kernel_types.OWN}", tmp_path / "linked", tmp_path / "vmlinux"],
                   check=True)
    assert "its build ID is 0102030405, that of this one " in refused(tmp_path / "vmlinux")


@pytest.mark.usefixtures("without")
def test_other_functions(tmp_path: Path) -> None:
    """Where the kernel has no types, its symbols tell."""
    strange = "".join(f"__attribute__((noinline)) int strange_{i}(int a) {{ return a + {i}; }}" for i in range(200))
    assert "of the 200 functions in it this kernel has 0" in refused(compiled(strange, tmp_path / "btf"))
    assert kernel_types.find("/sys/kernel/btf/vmlinux") == "/sys/kernel/btf/vmlinux"


def test_no_types(tmp_path: Path) -> None:
    (tmp_path / "btf").write_bytes(b"anything")
    with pytest.raises(UnsupportedError, match="no kernel type information"):
        kernel_types.find(str(tmp_path / "btf"))
