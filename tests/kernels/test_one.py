"""One older kernel in `make test`: what its verifier refuses and what function hooks (fentry) tell shows nowhere else.

All the others: `make kernels`.
"""

import pytest

from tests.kernels import machine, matrix
from tests.kernels.test_kernels import ROOT
from tests.support.archives import MissingPackage

SERIES = "6.1"          # Debian's: without a helper or kfunc of later kernels, and of an older verifier than most
LIMIT = 900             # seconds; 80 on two idle processors
COMMAND = 'modprobe -qa veth sch_ingress cls_bpf nf_conntrack; python3 -m tests.kernels.matrix "cgroup v2"'


def test_each_backend_on_an_older_kernel() -> None:
    if reason := machine.unfit():
        pytest.skip(reason)
    try:
        status, text = machine.run(machine.kernel(SERIES), COMMAND, ROOT, LIMIT)
    except MissingPackage as error:
        pytest.skip(f"Linux {SERIES} or what runs it can't be had: {error}")
    assert status == 0, text[-2000:]
    found = {backend: answers for _, backend, answers in matrix.rows(text)}
    assert found == {backend: dict.fromkeys(matrix.CASES, "yes") for backend in matrix.BACKENDS}, text[-2000:]
