"""Text with what TLS hides: under the packet that completed it, lines about the HTTP that its connection carries."""

from collections.abc import Callable, Iterable

from ptcpdump.sinks.json import JsonSink
from ptcpdump.sinks.sink import Sink
from ptcpdump.sinks.text import TextSink
from ptcpdump.tls.conversations import Conversations
from ptcpdump.tls.keystore import KeyStore
from ptcpdump.tls.messages import Chosen
from ptcpdump.tls.quic.conversations import QuicConversations

TLS_KEY_LOG: int    # pcapng's type of secrets

class DecryptingSink(Sink):
    """Stands before the sink of text, or of JSON. keys: a KeyStore, which secrets of the savefile are added to.

    without_keys(tls, quic, before): told at the end how many connections were not decrypted: because their keys are not
    known, and of TLS because they had begun before the first packet.
    endings: called before that. chosen: where it chooses, only packets that complete a message of those are printed.
    plaintext: a sink of pcapng files that gets the plaintext as exported PDUs.
    """

    @property
    def conversations(self) -> Conversations:
        """The connections over TCP, for what is to be said at the end."""

    @property
    def quic(self) -> QuicConversations:
        """Those of QUIC."""

    def __init__(
        self,
        inner: TextSink | JsonSink,
        keys: KeyStore,
        without_keys: Callable[[int, int, int], None],
        endings: Iterable[Callable[[], None]] = (),
        chosen: Chosen | None = None,
        plaintext: Sink | None = None,
    ) -> None: ...
    def put(self, text: bytes) -> None:
        """Write text behind the packet."""
