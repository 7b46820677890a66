"""--decrypt: which keys there are, and what is said where some are missing."""

import importlib.metadata
import importlib.util
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.errors import UsageError
from ptcpdump.lazy import lazy_modules
from ptcpdump.sinks.json import JsonSink
from ptcpdump.sinks.sink import Sink
from ptcpdump.sinks.text import TextSink
from ptcpdump.tls.following import GrowingKeyLog, KeyLogFollower
from ptcpdump.tls.keylog import KeyLogError, parse
from ptcpdump.tls.messages import Chosen

with lazy_modules:      # they need the packages that are asked for first
    from ptcpdump.tls import decrypting as stage
    from ptcpdump.tls import embedding, keystore

if TYPE_CHECKING:
    from ptcpdump.cli.keys import KeyTaker

_CRYPTOGRAPHY = 43      # older ones are many times slower
_INSTALL = "pip install 'ptcpdump[tls]'"


def decrypting(text: Sink, options: Options, taker: "KeyTaker | None", plaintext: Sink | None) -> Sink:
    """The sink of text or of JSON, with what TLS hides. taker: who takes the keys of a live capture; None with files.

    plaintext: a sink of pcapng files that gets what is decrypted.

    Raises UsageError where a key log can't be read.
    """
    _require_packages()
    assert isinstance(text, TextSink | JsonSink)
    keys = keystore.KeyStore()
    endings: list[Callable[[], None]] = []
    sink: Sink
    sink = decryptor = stage.DecryptingSink(text, keys, partial(_tell_missing, options), endings,
                                            Chosen(options.http_host, options.http_path), plaintext)
    add: Callable[[bytes], object] = keys.add
    if taker is not None:       # packets wait for their keys
        sink = holder = embedding.EmbeddingSink(decryptor)
        taker.takers.append(holder.add)
        taker.holding.append(lambda: holder.held_bytes)

        def add(lines: bytes) -> None:
            keys.add(lines)
            for secret in parse(lines):
                holder.add(*secret)

    if options.keylog_file:
        try:
            grows = taker is not None or options.read_file == "-"
            log = GrowingKeyLog(options.keylog_file, whole=not grows)
            if not keys.add(log.read() + (b"" if grows else log.rest())) and options.loud and not grows:
                say.warn(f"--keylog-file {options.keylog_file}: there are no keys in it; a line has a label, 64 "
                         "hexadecimal digits and a secret")
        except KeyLogError as error:
            raise UsageError(str(error)) from error
        endings.append(KeyLogFollower(log, add, say.complain).close if grows else log.close)
    return sink


def _require_packages() -> None:
    """Raise UsageError where the extra `tls` is not installed."""
    missing = [name for name in ("cryptography", "hpack", "pylsqpack") if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"--decrypt needs the extra tls, of which {', '.join(missing)} "
                         f"{'are' if len(missing) > 1 else 'is'} missing: {_INSTALL}")
    version = importlib.metadata.version("cryptography")
    if int(version.partition(".")[0]) < _CRYPTOGRAPHY:
        raise UsageError(f"--decrypt needs cryptography {_CRYPTOGRAPHY} or newer, here is {version}: {_INSTALL}")


def _tell_missing(options: Options, tls: int, quic: int, before: int) -> None:
    """Say how many connections could not be decrypted, because nothing has their keys or their first packets."""
    for number, name in ((tls, "TLS"), (quic, "QUIC")):
        if number and options.loud:
            say.warn(f"{number} {name} connection{'s were' if number > 1 else ' was'} not decrypted: no keys are known "
                     f"for {'them' if number > 1 else 'it'}")
    if before and options.loud:
        say.warn(f"{before} TLS connection{'s were' if before > 1 else ' was'} not decrypted: "
                 f"{'their' if before > 1 else 'its'} beginning was not captured")
