"""What --doctor says of function hooks (fentry, fexit), whatever this kernel and its policy make of them."""

import pytest

from ptcpdump.kernel.bindings import object as library
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.loading import probes, report


@pytest.mark.parametrize(("allowed", "attached", "available", "said"), [
    (True, True, True, "fentry, fexit"),
    (True, False, False, "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"),        # arm64 before Linux 6.4
    (False, True, False, "refused by the kernel's policy"),
])
def test_taken_and_attached(allowed: bool, attached: bool, available: bool, said: str,
                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "functions_allowed", lambda types: allowed)
    probe = report._functions(Types.__new__(Types), attached)
    assert probe.available is available
    assert said in probe.detail


def test_an_error_that_the_c_library_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "libbpf: prog 'tcp_sendmsg': failed to attach: ERROR: strerror_r(-524)=22"
    monkeypatch.setattr(library, "_log", [(0, words)])
    assert library.last_words() == "prog 'tcp_sendmsg': failed to attach: this kernel can't (ENOTSUPP)"
