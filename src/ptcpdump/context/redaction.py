"""What must not be told of owners, and of TLS connections, in text or files (--redact)."""

from collections.abc import Iterable

from ptcpdump.context import process_block
from ptcpdump.context.long_texts import keep, made_before
from ptcpdump.context.model import Context, Process
from ptcpdump.lazy import lazy_modules
from ptcpdump.records import dataclass, replace

with lazy_modules:
    import re

CHOICES = ("args", "env", "labels", "annotations", "users", "secrets")
GONE = "<redacted>"
_ASSIGNMENT = "[A-Za-z_][A-Za-z0-9_]*="     # as words of env(1), sudo(8), `docker run -e`


@dataclass(frozen=True, slots=True)
class Redaction:
    """args: command lines but for their first word; env: values of words like NAME=VALUE in them; labels and
    annotations: those of containers and pods; users: ids and names; secrets: the keys of TLS
    connections that savefiles hold."""

    args: bool = False
    env: bool = False
    labels: bool = False
    annotations: bool = False
    users: bool = False
    secrets: bool = False

    def __bool__(self) -> bool:
        return any((self.args, self.env, self.labels, self.annotations, self.users))

    def applied(self, context: Context) -> Context:
        """The context without what must not be told; what is no secret stays as it is."""
        container, pod = context.container, context.pod
        if container and self.labels:
            container = replace(container, labels={})
        if pod:
            pod = replace(pod, labels={} if self.labels else pod.labels,
                          annotations={} if self.annotations else pod.annotations)
        return replace(
            context, process=self._process(context.process), parent=self._process(context.parent), container=container,
            pod=pod, uid=None if self.users else context.uid, user="" if self.users else context.user)

    def words(self, words: Iterable[str]) -> tuple[str, ...]:
        """A command line as it may be told."""
        words = tuple(words)
        if self.args and len(words) > 1:
            return (words[0], GONE)
        return tuple(_without_value(word) if self.env else word for word in words)

    def _process(self, process: Process | None) -> Process | None:
        if process is None:
            return None
        purpose = f"redacted {self.args:d}{self.env:d}"
        made: Process | None = made_before(process, purpose)
        if made is None:
            size = sum(map(len, process.args)) + len(process.args)
            made = keep(process, purpose, self._redacted(process), size)
        return made

    def _redacted(self, process: Process) -> Process:
        if process.further:     # all but the UUID is not known here, and may be anything
            kept = tuple(option for option in process.further if option[0] == process_block.UUID)
            process = replace(process, further=kept)
        if not (self.args or self.env) or not process.args:
            return process
        return replace(process, args=self.words(process.args), truncated=process.truncated and not self.args)


def _without_value(word: str) -> str:
    name = re.match(_ASSIGNMENT, word)
    return name[0] + GONE if name and len(word) > len(name[0]) else word


NOTHING = Redaction()


def redaction(names: Iterable[str]) -> Redaction:
    """Of the names that --redact takes."""
    return Redaction(**dict.fromkeys(names, True))
