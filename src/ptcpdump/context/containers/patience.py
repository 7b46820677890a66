"""How long packets wait for the name of a container that has just begun."""

import time
from collections.abc import Container

_NAMING = 0.5       # seconds that a runtime gets to name it
_REST = 0.5         # seconds of no waiting after so many of waiting: packets go on whatever happens
_MOST = 1024        # containers that are waited for at a time


class Patience:
    """Containers that no runtime has told of yet, by id."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._since = 0.0       # of the present waiting; 0: there is none
        self._rest = 0.0        # end of the present rest

    def expect(self, identifier: str) -> None:
        """A control group of this container has appeared."""
        if len(self._until) < _MOST:
            self._until.setdefault(identifier, time.monotonic() + _NAMING)

    def named(self, known: Container[str]) -> None:
        """These are known now."""
        self._until = {key: end for key, end in self._until.items() if key not in known}

    @property
    def waits(self) -> bool:
        """Whether packets should wait."""
        now = time.monotonic()
        if self._until:
            self._until = {key: end for key, end in list(self._until.items()) if now < end}
        if not self._until or now < self._rest:
            self._since = 0.0
            return False
        self._since = self._since or now
        if now - self._since > _NAMING:
            self._since, self._rest = 0.0, now + _REST
            return False
        return True
