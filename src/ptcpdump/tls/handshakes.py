"""Handshakes that are under way, and which secrets a reader needs when."""

from collections import OrderedDict

from ptcpdump.dissect.quic import HandshakeBytes

# What a reader needs at the Server Hello, and at what the client sends after it
EARLIER = frozenset({"CLIENT_RANDOM"}), frozenset({"CLIENT_RANDOM"})
TLS13 = (frozenset({"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"}),
         frozenset({"CLIENT_TRAFFIC_SECRET_0"}))


class Handshake:
    """A connection from its Client Hello until its secrets are there.

    client: the side that sent it, as a flow. random: the client's; empty while its hello is not whole. home: where it
    is known by its client as long as it is under way. hello: what has come of a hello in QUIC.
    """

    __slots__ = ("client", "deadline", "hello", "home", "needs", "packets", "random", "stage", "stages")

    def __init__(self, client: bytes, random: bytes, home: "OrderedDict[bytes, Handshake]") -> None:
        self.client = client
        self.random = random
        self.home = home
        self.hello = HandshakeBytes()
        self.stage = 0              # 1: the Server Hello has come, 2: the client has sent something after it
        self.stages = EARLIER
        self.needs: frozenset[str] = frozenset()    # what its packets wait for
        self.deadline = 0.0         # until when; time.monotonic()
        self.packets: list[object] = []
