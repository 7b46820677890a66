"""Client Hellos of captured packets, told to whoever has to know that they were on the wire."""

from ptcpdump.sinks.sink import Sink
from ptcpdump.tls.derivations import Derivations
from ptcpdump.tls.proof import OffsetProof

class HelloSink(Sink):
    """Stands before all sinks of a live capture, and tells proof of each Client Hello before it hands it on."""

    def __init__(self, inner: Sink, proof: OffsetProof, derivations: Derivations) -> None: ...
    def show(self) -> None:
        """Show derivations the packets of TCP from now on; in any thread."""
