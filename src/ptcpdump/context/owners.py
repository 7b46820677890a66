"""From what the kernel says of a packet's owner to its context."""

from collections.abc import Callable

from ptcpdump.context.lives import FOREVER
from ptcpdump.context.model import PID_OUTSIDE, Container, Context, Found, Pod, Thread
from ptcpdump.context.processes import ProcessTable
from ptcpdump.context.users import user_name

# enum found of kernel/bpf/record.h
_FOUND = (None, Found.SOCKET, Found.LISTENER, Found.FLOW, Found.TRANSLATED, Found.SCAN, Found.PEER, Found.KERNEL)


class OwnerResolver:
    """Answers the live source's question for an owner that it has not met yet.

    containers(pid, cgroup, mount_namespace, uid): the container and pod of a process, None where there is none or it is
    not known. The namespace is an inode, 0 where it is not known.
    all_threads: name the thread even where it is the process's only or main one.
    """

    def __init__(self, processes: ProcessTable, *,
                 containers: Callable[[int, int, int, int], tuple[Container | None, Pod | None]] | None = None,
                 all_threads: bool = False) -> None:
        self._processes = processes
        self._containers = containers
        self._all_threads = all_threads

    def __call__(
        self, pid: int, tid: int, host_pid: int, start: int, uid: int, cgroup: int, found: int, comm: str,
        thread_name: str, time: int
    ) -> tuple[Context, int, int, tuple[int, int]]:
        """The context of an owner at a time (CLOCK_MONOTONIC ns).

        pid, tid: in our pid namespace, or with PID_OUTSIDE; host_pid: in the initial one, 0: that is ours.
        comm, thread_name: what the kernel called the main thread and the one that used the socket.
        Returns the context with from and until when it holds, and the process instance that it depends on.
        """
        if pid == 0:
            return Context(found=_FOUND[found]), 0, FOREVER, (0, 0)     # a socket of the kernel
        process, parent, since, until = self._processes.find(pid, start, time, comm, host_pid)
        shows_thread = tid != 0 and (self._all_threads or tid != pid)
        container = pod = None
        if self._containers:
            container, pod = self._containers(pid, cgroup, self._processes.mount_namespace(pid, start, time), uid)
        context = Context(
            process=process,
            thread=Thread(tid & ~PID_OUTSIDE, thread_name) if shows_thread else None,
            uid=uid,
            parent=parent,
            container=container,
            pod=pod,
            found=_FOUND[found],
            user="" if container else user_name(uid),
        )
        return context, since, until, (pid, start)
