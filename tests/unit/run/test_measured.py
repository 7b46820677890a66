"""Warnings that strangers cause."""

from ptcpdump.run.measured import Measured


def test_a_flood_of_warnings_has_an_end() -> None:
    said: list[str] = []
    now = 0.0
    warn = Measured(said.append, lambda: now)
    for number in range(1000):
        warn(str(number))
    assert said == [str(number) for number in range(32)]
    now = 10.0
    warn("later")
    assert said[32:] == ["968 more warnings came so fast that they are left out here", "later"]
    warn("too soon")
    warn.finish()
    warn.finish()
    assert said[34:] == ["1 more warning came so fast that they are left out here"]
