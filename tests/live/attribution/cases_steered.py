"""Which process gets what comes in, where several receive on one socket, or a program says which socket it is for."""

from pathlib import Path

from ptcpdump.kernel.owners.unknown import SHARED, STEERED
from tests.live.attribution.cases_processes import ask
from tests.live.attribution.recording import THERE
from tests.live.attribution.scenario import IN, OUT, Expected, Owner, Stage, of_port, scenario, with_text

STEERED_ROLES = Path(__file__).with_name("roles_steered.py")
TURNS = (0, 1, 0, 1, 1, 0)


@scenario("UDP socket that children of a server receive on in turn, and answer", unknown=(SHARED,))
def workers(stage: Stage) -> list[Expected]:
    expected = []
    with stage.role("workers", stage.link.ip4, script=STEERED_ROLES) as server:
        facts = server.receive()
        children = [Owner(int(pid)) for pid in facts["children"]]       # type: ignore[attr-defined]
        for turn, which in enumerate(TURNS):
            server.tell(str(which))
            local = ask(stage, "udp", facts["port"], server)["port"]
            server.receive()
            # before anybody has received, the socket is of who has opened it, and has it still
            first = () if turn else (Owner(server.pid),)
            expected += [Expected(of_port(local, IN), (children[which], *first)),
                         Expected(of_port(local, OUT), (children[which],))]
        server.tell("")
        server.end()
    return expected


@scenario("socket that a program chooses for what comes in to another one's port (SK_LOOKUP)", where=THERE,
          unknown=(STEERED,))
def steered(stage: Stage) -> list[Expected]:
    address = stage.link.peer4
    with stage.role("group_member", "udp", "0.0.0.0", 0, inside=True) as passed_by, \
            stage.role("steerer", address, port := passed_by.receive()["port"], inside=True,
                       script=STEERED_ROLES) as server:
        server.receive()
        with stage.role("teller", address, port, script=STEERED_ROLES) as client:
            client.receive()
            server.receive()
            for one in (client, server, passed_by):
                one.tell()
                one.end()
    return [Expected(with_text(b"told by %d." % client.pid, IN), (Owner(server.pid),))]
