from typing import final

@final
class InterfaceRows:
    """Rows of interfaces by network namespace (inode) and ifindex."""

    def __len__(self) -> int: ...
    def row(self, netns: int, ifindex: int) -> int | None:
        """The row of an interface; None when it has none."""

    def put(self, netns: int, ifindex: int, row: int, linktype: int) -> None:
        """Packets of this interface belong to a row from now on, and are counted anew."""

    def drop(self, netns: int, ifindex: int) -> None:
        """Forget an interface; nothing happens for one that is not known."""

    def packets(self, netns: int, ifindex: int) -> int:
        """Packets seen of this interface since put()."""
