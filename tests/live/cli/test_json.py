"""--json while capturing: an object at once, with its owner."""

import os

from json_lines import flat, parsed

from ..harness import actor, capturing, needs_privileges, veth_pair

pytestmark = needs_privileges


def test_objects_of_a_live_capture(tmp_path):
    with veth_pair(41) as link, capturing(
            tmp_path, "-i", link.here, "-n", "--json", "-l", f"tcp and host {link.peer4}") as capture:  # fmt: skip
        with actor("tcp_server", link.peer4, prefix=link.inside()) as server:
            port = server.receive()["port"]
            with actor("tcp_client", link.peer4, port) as client:
                facts = client.converse()
            early = b""
            while early.count(b"\n") < 3:      # -l: while the capture goes on
                early += os.read(capture.process.stdout.fileno(), 1 << 16)
        capture.stop()
    found = [flat(each) for each in parsed(early + capture.stdout.encode())]
    assert found[0]["destination.port"] == port and len(found) >= 8
    for each in found:
        assert each["process.pid"] == facts["pid"] and each["user.id"] == "0"
        assert each["ptcpdump.interface"] == link.here and each["network.transport"] == "tcp"
        assert each["process.args"][1].endswith("actors.py") and each["process.parent.pid"] == os.getpid()
        assert (each["network.direction"] == "egress") == (each["source.ip"] == link.ip4)
