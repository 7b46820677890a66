"""--decrypt: which keys there are, and what is said where some are missing."""

import importlib.metadata
import importlib.util
import os
import stat

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.errors import UsageError
from ptcpdump.sinks.sink import Sink
from ptcpdump.sinks.text import TextSink

_CRYPTOGRAPHY = 43      # older ones are many times slower
_INSTALL = "pip install 'ptcpdump[tls]'"
_LARGEST = 1 << 30      # bytes of a key log


def decrypting(text: Sink, options: Options) -> Sink:
    """The sink of text, with what TLS hides. Raises UsageError where a key log can't be read."""
    _require_packages()
    from ptcpdump.tls.conversations import KeyStore  # noqa: PLC0415  needs that package
    from ptcpdump.tls.decrypting import DecryptingSink  # noqa: PLC0415  likewise

    assert isinstance(text, TextSink)
    keys = KeyStore()
    if options.keylog_file and not keys.add(_read(options.keylog_file)) and options.loud:
        say.warn(f"--keylog-file {options.keylog_file}: there are no keys in it; a line has a label, 64 hexadecimal "
                 "digits and a secret")
    return DecryptingSink(text, keys, lambda number: _tell_missing(number, options))


def _require_packages() -> None:
    """Raise UsageError where the extra `tls` is not installed."""
    missing = [name for name in ("cryptography", "hpack") if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"--decrypt needs the extra tls, of which {' and '.join(missing)} "
                         f"{'are' if len(missing) > 1 else 'is'} missing: {_INSTALL}")
    version = importlib.metadata.version("cryptography")
    if int(version.partition(".")[0]) < _CRYPTOGRAPHY:
        raise UsageError(f"--decrypt needs cryptography {_CRYPTOGRAPHY} or newer, here is {version}: {_INSTALL}")


def _tell_missing(number: int, options: Options) -> None:
    """Say how many connections could not be decrypted because nothing has their keys."""
    if number and options.loud:
        say.warn(f"{number} TLS connection{'s were' if number > 1 else ' was'} not decrypted: no keys are known for "
                 f"{'them' if number > 1 else 'it'}")


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- pathlib is slow to import
            about = os.fstat(file.fileno())
            if stat.S_ISREG(about.st_mode) and about.st_size > _LARGEST:
                raise UsageError(f"--keylog-file {path}: it has more than {_LARGEST} bytes")
            return file.read(_LARGEST)
    except OSError as error:
        raise UsageError(f"--keylog-file {path}: {error.strerror}") from error
