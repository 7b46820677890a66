"""Files made to cost much, by name: of each kind of thing that a small file may hold as many as fit into a size."""

from collections.abc import Callable

from bombs import blocks, hidden, owners, packets, parts, spoken

BOMBS: dict[str, Callable[[int], bytes]] = {**blocks.BOMBS, **owners.BOMBS, **packets.BOMBS, **parts.BOMBS}
# the last two for --decrypt
SETS = {"all": BOMBS, "parts": parts.BOMBS, "decrypted": hidden.BOMBS, "opened": spoken.BOMBS}
