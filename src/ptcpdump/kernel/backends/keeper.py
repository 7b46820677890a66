"""A process that holds our clsact filters, because the kernel does not: they would stay when we are killed.

It adds filters when it is asked to, and removes all of them when close() asks for that, or when its end of the socket
is closed: by the kernel when we die, however that happens. Forked while the capture has one thread only, it does
nothing else, so that nothing of a capture (memory, devices, files) outlives it there. Should it be killed itself,
close() does its work in whichever of the capture's processes has the privileges: with -Z that is the helper
(run.helper), which is there whenever a keeper is. From then on it adds filters for the helper alone: the capture, which
reads what strangers send, could have them anywhere else. Should all be killed at one moment, with their control group
or their container, filters stay until the next capture: it knows by their names that nobody is left who holds them
(net.claims).
"""

import contextlib
import errno
import json
import os
import select
import socket
from collections.abc import Sequence
from functools import partial
from typing import Any

from ptcpdump.companions import companion
from ptcpdump.net.claims import claim
from ptcpdump.net.clsact import Filter, Place, add, remove, standing_still
from ptcpdump.net.limits import raise_descriptor_limit
from ptcpdump.net.netlink import link_socket
from ptcpdump.net.netns import Namespace, all_namespaces, enter

_LARGEST = 1 << 16      # bytes of a message; a device takes some 50
_MOST = 512             # places in a message
_PROGRAMS = 64          # descriptors in a message, at most (the kernel takes 253)


class FilterKeeper:
    """Our side. Make it before threads are started; close() waits until all filters are gone."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pid = companion(partial(_serve, theirs), "clsact-keeper", keep=[theirs.fileno()])
        theirs.close()
        self._socket = ours
        self._heir: socket.socket | None = None
        self._held = _Held()        # the same as it has
        self._claims: dict[int, tuple[str, socket.socket]] = {}     # by namespace; likewise

    def add(self, namespace: Namespace, places: Sequence[Place]) -> list[OSError | None]:
        """Add filters in the current namespace; what went wrong at each place. Raises OSError: the keeper is gone."""
        errors: list[OSError | None] = []
        known = self._claims.get(namespace.inode)
        name, holder = known or self._claims.setdefault(namespace.inode, claim())
        descriptors = [] if known else [holder.fileno()]
        for at in range(0, len(places), _MOST):
            some = places[at:at + _MOST]
            programs = list(dict.fromkeys(place.program for place in some))
            rows = [(place.ifindex, place.egress, programs.index(place.program)) for place in some]
            request = {"add": [namespace.inode, namespace.path, namespace.own], "places": rows, "capture": name,
                       "holders": len(descriptors)}
            socket.send_fds(self._socket, [json.dumps(request).encode()], programs + descriptors)
            descriptors = []
            for answer in self._answer():
                if isinstance(answer, int):
                    errors.append(OSError(answer, os.strerror(answer)))
                else:
                    self._held.put(namespace, Filter(*answer))
                    errors.append(None)
        return errors

    def remove(self, namespace: int, ifindex: int) -> None:
        """Remove the filters of one device; namespace: the inode."""
        try:
            self._socket.send(json.dumps({"remove": [namespace, ifindex]}).encode())
            self._answer()
        except OSError:
            self._held.remove(namespace, ifindex)
        else:
            self._held.forget(namespace, ifindex)
        # what holds a name keeps its namespace, too
        if namespace in self._claims and not self._held.has_any(namespace):
            self._claims.pop(namespace)[1].close()

    def standing(self, namespace: int, ifindex: int) -> int:
        """How many filters of a device in the current namespace nobody else has removed. Raises OSError."""
        with link_socket() as netlink:
            return len(standing_still(netlink, self._held.of(namespace, ifindex)))

    def prepare_heir(self) -> None:
        """From now on it adds filters only for the process that is forked now and calls take_over()."""
        self._heir, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.suppress(OSError):      # one that was killed adds nothing for anybody
            socket.send_fds(self._socket, [b'{"heir": true}'], [theirs.fileno()])
            self._answer()

    def take_over(self) -> None:
        """In that process: be the one for whom it adds filters."""
        assert self._heir is not None
        self._socket.close()
        self._socket, self._heir = self._heir, None

    def leave_to_others(self) -> None:
        """Hold no names here any more: the process that has taken over does, and has filters removed."""
        if self._heir is not None:
            self._heir.close()
            self._heir = None
        for _, holder in self._claims.values():
            holder.close()

    def close(self) -> None:
        """Remove all filters; a second call does nothing."""
        if not self._pid:
            return
        try:
            self._socket.send(b'{"end": true}')
            self._answer()
            done = True
        except OSError:
            done = False        # killed, unless another of our processes has ended it before
        self._socket.close()
        with contextlib.suppress(ChildProcessError):
            done = os.waitpid(self._pid, 0)[1] == 0 or done
        if not done:
            self._held.remove_all()
        self.leave_to_others()
        self._pid = 0

    def _answer(self) -> list[Any]:
        answer = self._socket.recv(_LARGEST)
        if not answer:
            raise OSError(errno.EPIPE, "the process that holds clsact filters is gone")
        rows: list[Any] = json.loads(answer)
        return rows


def _serve(theirs: socket.socket) -> None:
    raise_descriptor_limit()
    _Keeping().serve(theirs)


class _Held:
    """Filters that stand, by namespace and device, and how they go."""

    def __init__(self) -> None:
        self._filters: dict[int, list[Filter]] = {}
        self._namespaces: dict[int, Namespace] = {}

    def put(self, namespace: Namespace, one: Filter) -> None:
        self._namespaces[namespace.inode] = namespace
        self._filters.setdefault(namespace.inode, []).append(one)

    def forget(self, inode: int, ifindex: int) -> list[Filter]:
        """Those of a device, which are no longer ours to remove."""
        gone = self.of(inode, ifindex)
        self._filters[inode] = [one for one in self._filters.get(inode, []) if one.ifindex != ifindex]
        return gone

    def of(self, inode: int, ifindex: int) -> list[Filter]:
        """Those of a device."""
        return [one for one in self._filters.get(inode, []) if one.ifindex == ifindex]

    def has_any(self, inode: int) -> bool:
        return bool(self._filters.get(inode))

    def remove(self, inode: int, ifindex: int) -> None:
        self._remove(inode, self.forget(inode, ifindex))

    def remove_all(self) -> None:
        for inode in list(self._filters):
            self._remove(inode, self._filters.pop(inode))

    def _remove(self, inode: int, filters: list[Filter]) -> None:
        """Without a namespace or a device there is no filter either."""
        if not filters:
            return

        def do() -> None:
            with link_socket() as netlink:
                remove(netlink, filters)

        namespace = self._namespaces[inode]
        try:
            enter(namespace, do)
        except Exception:
            # the path by which it was entered may be that of a process that has ended
            for other in all_namespaces():
                if other.inode == inode and other.path != namespace.path:
                    with contextlib.suppress(Exception):
                        enter(other, do)


class _Keeping:
    """The keeper's side."""

    def __init__(self) -> None:
        self._held = _Held()
        self._holders: dict[int, int] = {}      # descriptors of what holds the capture's names, by namespace
        self._maker: int | None = None          # the one socket by which filters are added; None: there is no other

    def serve(self, theirs: socket.socket) -> None:
        """Do what comes by this socket, and by its heir's, until both are closed or one asks for the end."""
        peers = {theirs.fileno(): theirs}
        poll = select.poll()
        poll.register(theirs, select.POLLIN)
        try:
            while peers:
                for descriptor, _ in poll.poll():
                    data, attached, _, _ = socket.recv_fds(peers[descriptor], _LARGEST, _PROGRAMS)
                    if not data:
                        poll.unregister(descriptor)
                        peers.pop(descriptor).close()
                        continue
                    request = json.loads(data)
                    if "heir" in request:
                        heir = socket.socket(fileno=attached.pop())
                        peers[heir.fileno()] = heir
                        poll.register(heir, select.POLLIN)
                        self._maker = heir.fileno()
                    self._answer(peers[descriptor], request, attached)
                    if "end" in request:
                        return
        except (BrokenPipeError, ConnectionResetError):
            pass            # it died while it waited for us
        finally:
            self._held.remove_all()

    def _answer(self, peer: socket.socket, request: dict[str, Any], attached: list[int]) -> None:
        """attached: descriptors that came with the request, which are closed behind it."""
        try:
            if "add" in request and self._maker not in (None, peer.fileno()):
                answer: list[int | tuple[Any, ...]] = [errno.EPERM] * len(request["places"])
            else:
                if request.get("holders"):
                    self._holders[request["add"][0]] = attached.pop()
                answer = self._handle(request, attached)
        finally:
            for descriptor in attached:
                os.close(descriptor)
        peer.send(json.dumps(answer).encode())

    def _handle(self, request: dict[str, Any], programs: list[int]) -> list[int | tuple[Any, ...]]:
        """Do what is asked; of each filter that is wanted what it is now, or an error number."""
        if "end" in request:
            self._held.remove_all()
            return []
        if "remove" in request:
            self._held.remove(*request["remove"])
            inode = request["remove"][0]
            if inode in self._holders and not self._held.has_any(inode):
                os.close(self._holders.pop(inode))
            return []
        if "heir" in request:
            return []       # he is there
        inode, path, own = request["add"]
        namespace = Namespace(inode) if own else Namespace(inode, str(path))
        places = [Place(ifindex, bool(egress), programs[i]) for ifindex, egress, i in request["places"]]
        try:
            added = _in_namespace(namespace, places, request["capture"])
        except Exception as error:      # the namespace is gone: so are its devices
            return [getattr(error, "errno", None) or errno.ENODEV] * len(places)
        answers: list[int | tuple[Any, ...]] = []
        for one in added:
            if isinstance(one, Filter):
                self._held.put(namespace, one)
                answers.append((one.ifindex, one.egress, one.priority, one.handle, one.name, one.made_qdisc))
            else:
                answers.append(one.errno or errno.EIO)
        return answers


def _in_namespace(namespace: Namespace, places: list[Place], capture: str) -> list[Filter | OSError]:
    def do() -> list[Filter | OSError]:
        with link_socket() as netlink:
            return add(netlink, places, capture)

    return enter(namespace, do)
