"""The ``tc`` backend: a program at ingress and egress of each interface, through tcx or, before 6.6, clsact."""

import errno
import os

from ptcpdump.errors import InterfaceError, UnsupportedError
from ptcpdump.kernel.object import ClsactFilter, Link, attach_tcx

# What a kernel without tcx says (bpf_link_create: unknown attach type).
_NO_TCX = {errno.EINVAL, errno.EOPNOTSUPP}


class TcLinks:
    """The links on interfaces of one run. Everything is detached by close(); with tcx also when the process dies."""

    def __init__(self) -> None:
        self._links: dict[tuple[int, int], list[Link | ClsactFilter]] = {}
        self._tcx = True

    def attach(self, netns: int, ifindex: int, name: str, ingress: int | None, egress: int | None) -> None:
        """Attach program descriptors to an interface of the current network namespace; None leaves a direction out.

        Raises InterfaceError when the interface is gone, UnsupportedError when the kernel can't.
        """
        links = self._links.setdefault((netns, ifindex), [])
        try:
            for program, out in ((ingress, False), (egress, True)):
                if program is not None:
                    links.append(self._attach_one(program, ifindex, out))
        except OSError as error:
            self.detach(netns, ifindex)
            reason = os.strerror(error.errno or 0)
            if error.errno in (errno.ENODEV, errno.ENXIO):
                raise InterfaceError(f"interface {name} is gone: {reason}") from error
            raise UnsupportedError(
                f"can't attach to interface {name}: {reason}; the kernel needs tcx (6.6) or CONFIG_NET_SCH_INGRESS with "
                "CONFIG_NET_CLS_BPF, or try --backend socket-filter") from error

    def _attach_one(self, program: int, ifindex: int, egress: bool) -> Link | ClsactFilter:
        if self._tcx:
            try:
                return attach_tcx(program, ifindex, egress)
            except OSError as error:
                if error.errno not in _NO_TCX:
                    raise
                self._tcx = False
        return ClsactFilter(program, ifindex, egress)

    def detach(self, netns: int, ifindex: int) -> None:
        """Let go of one interface; nothing happens for one that is not attached or has gone away."""
        links = self._links.pop((netns, ifindex), [])
        for link in links:
            link.close()
        ours = next((link for link in links if isinstance(link, ClsactFilter) and link.created), None)
        if ours is not None:
            ours.drop_qdisc()

    def close(self) -> None:
        """Let go of all interfaces."""
        for netns, ifindex in list(self._links):
            self.detach(netns, ifindex)
