"""Secrets of libraries wait until a Client Hello proves that their randoms are what they seem."""

import pytest

from ptcpdump.kernel.loading.secrets import Secret
from ptcpdump.tls import proof
from ptcpdump.tls.proof import OffsetProof


def made(random: int, library: int = 1, pid: int = 7) -> Secret:
    return Secret(0, pid, 1, 0, 0, "x", library, "/lib/x.so" if library else "", "CLIENT_RANDOM", bytes([random] * 32),
                  bytes(48))


class Judge:
    def __init__(self) -> None:
        self.taken: list[int] = []
        self.refused: list[str] = []
        self.proof = OffsetProof(lambda secret: self.taken.append(secret.random[0]), self.refused.append)

    def secrets(self, *randoms: int, **more: int) -> None:
        for random in randoms:
            self.proof.secret(made(random, **more))

    def hello(self, random: int, *pids: int) -> None:
        self.proof.hello(pids or (7,), bytes([random] * 32))


@pytest.fixture
def judge() -> Judge:
    return Judge()


def test_proven_by_a_hello_before_or_after(judge: Judge) -> None:
    judge.hello(1)
    judge.secrets(1, 2)
    assert judge.taken == [1, 2]        # from then on the place is known to be right
    judge.secrets(3, 4, library=2)
    assert (judge.taken, judge.proof.waiting) == ([1, 2], 2)
    judge.hello(4)
    assert (judge.taken, judge.proof.waiting, judge.refused) == ([1, 2, 3, 4], 0, [])


def test_no_hello_has_it_although_there_are_some(judge: Judge) -> None:
    """Said once; what is proven later is taken again."""
    judge.hello(1)
    judge.secrets(2, 3)
    judge.proof.look()
    assert judge.proof.waiting == 2     # it is early
    judge.proof.look(over=True)
    judge.secrets(4)
    judge.proof.look(over=True)
    assert judge.taken == []
    assert len(judge.refused) == 1
    assert judge.refused[0].startswith("TLS keys of /lib/x.so are not taken: it keeps the client's random elsewhere")
    assert "process 7 (1 captured)" in judge.refused[0]
    judge.secrets(1)
    assert judge.taken == [1]


def test_nothing_speaks_against_it(judge: Judge) -> None:
    """Hellos of other processes, and those whose secrets came from elsewhere, as from Go, which names the random."""
    judge.hello(1, 8)
    judge.hello(2)
    judge.secrets(2, library=0)
    judge.secrets(3)
    judge.proof.look(over=True)
    assert (judge.taken, judge.refused) == ([2, 3], [])


def test_bounds(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("_MOST_WAITING", 3), ("_MOST_RANDOMS", 3), ("_MOST_PROCESSES", 3), ("_HELLOS", 3)):
        monkeypatch.setattr(proof, name, most)
    for number in range(100, 120):
        judge.hello(number, number, 7)
    judge.secrets(*range(20), pid=3)
    assert judge.proof.waiting == 3
    assert judge.taken == list(range(17))
    monkeypatch.setattr(proof, "PATIENCE", 0)
    judge.secrets(20, pid=3)
    judge.proof.look()
    assert judge.proof.waiting == 3     # of them the first has not waited for long enough
