from typing import Self

class Source:
    """Where packets come from; its other methods are for Cython modules, see the .pxd."""

    finished: bool

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until there may be packets, for so long at most; False when it is better not to look yet."""

    def stop(self) -> None:
        """End quietly at the next packet; meant for signal handlers."""

    def close(self) -> None:
        """Let go of files and buffers; a second call does nothing."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...
