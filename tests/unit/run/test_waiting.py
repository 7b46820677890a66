"""How a run waits for packets, on descriptors and memory as the kernel shares them."""

import mmap
import os
import threading
import time

import pytest

from ptcpdump.kernel.bindings.wakeup import WakeUp
from ptcpdump.run import waiting
from ptcpdump.run.settings import Delivery
from ptcpdump.run.waiting import Waiting


class Kernel:
    """Packets that come, and a reader that may ask to be woken."""

    def __init__(self, delivery: Delivery) -> None:
        self.news, self.memory = os.eventfd(0, os.EFD_NONBLOCK), os.memfd_create("reader")
        os.ftruncate(self.memory, mmap.PAGESIZE)
        self.wake_up = WakeUp(self.memory)
        self.waiting = Waiting(delivery)
        self.waiting.packets([self.news], self.wake_up)

    def packet(self) -> None:
        """As bpf/emit.h wakes the reader."""
        os.pwrite(self.memory, bytes(8), 0)
        os.eventfd_write(self.news, 1)

    def wait(self, seconds: float | None = None, *, found: bool = False) -> float:
        """How long the run waited."""
        began = time.monotonic()
        self.waiting.wait(seconds, found=found)
        return time.monotonic() - began

    def close(self) -> None:
        self.waiting.close()
        os.close(self.news)
        os.close(self.memory)


@pytest.fixture
def kernel(request):
    made = Kernel(request.param)
    yield made
    made.close()


@pytest.mark.parametrize("kernel", [Delivery.PROMPT], indirect=True)
def test_while_packets_come_nobody_has_to_wake_us(kernel):
    assert waiting._PROMPT < 0.01                                   # seconds
    assert min(kernel.wait(found=True) for _ in range(50)) < 0.3    # not until somebody wakes us
    assert not kernel.wake_up.asked
    assert not kernel.waiting.woken


@pytest.mark.parametrize("kernel", [Delivery.PROMPT], indirect=True)
def test_an_idle_capture_sleeps_until_the_next_packet(kernel):
    """It asks, looks once more for what came while it asked, and then sleeps."""
    assert kernel.wait() < 0.3
    assert kernel.wake_up.asked
    assert kernel.wait(0.3) >= 0.3
    assert kernel.wake_up.asked
    later = threading.Timer(0.05, kernel.packet)
    later.start()
    assert kernel.wait() < 0.9
    later.join()
    assert kernel.waiting.woken
    assert not kernel.wake_up.asked


@pytest.mark.parametrize("kernel", [Delivery.PROMPT], indirect=True)
def test_the_packet_that_woke_us_is_looked_for_again_soon(kernel):
    """It may be too young for the first look: others may still be writing older ones."""
    kernel.wait()
    kernel.packet()
    kernel.wait()
    assert kernel.waiting.woken
    assert kernel.wait() < 0.3


@pytest.mark.parametrize("kernel", [Delivery.EACH, Delivery.BATCHES], indirect=True)
def test_others_never_ask(kernel):
    for found in (False, True, False):
        kernel.wait(0.001, found=found)
    assert not kernel.wake_up.asked


@pytest.mark.parametrize("kernel", [Delivery.EACH], indirect=True)
def test_after_packets_that_come_singly_one_looks_at_once(kernel):
    assert min(kernel.wait(found=True) for _ in range(50)) < 0.005


@pytest.mark.parametrize("kernel", Delivery, indirect=True)
def test_others_end_the_waiting(kernel):
    other = os.eventfd(1)
    kernel.waiting.listen(other)
    kernel.waiting.listen(other)
    assert kernel.waiting.wait(None, found=False) == {other}
    assert not kernel.waiting.woken
    kernel.waiting.ignore(other)
    assert kernel.waiting.wait(0.01, found=False) == set()
    os.close(other)
