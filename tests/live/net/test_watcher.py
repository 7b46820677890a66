"""News of interfaces and namespaces that tests make and remove."""

import select
import subprocess
from collections.abc import Callable

from ptcpdump.net.netns import all_namespaces, find_namespace
from ptcpdump.net.watcher import LinkNews, News, Watcher


def wait(watcher: Watcher, wanted: Callable[[list[str]], bool]) -> list[str]:
    """Collect news until there is enough."""
    told: list[str] = []
    poll = select.poll()
    poll.register(watcher.fileno(), select.POLLIN)
    while not wanted(told):
        assert poll.poll(5000), f"no more news after {told}"
        told += [tell(news) for news in watcher.read()]
    return told


def tell(news: News) -> str:
    if isinstance(news, LinkNews):
        return f"{news.link.name} {news.what}"
    return f"namespace {news.namespace.name} {news.what}"


def test_interfaces_that_come_and_go(ip, netns) -> None:
    with Watcher([find_namespace(netns)]) as watcher:
        ip(f"-n {netns} link add v0 type veth peer name v1")
        assert set(wait(watcher, lambda told: len(told) >= 2)) == {"v0 added", "v1 added"}
        ip(f"-n {netns} link set v0 name w0")
        assert wait(watcher, bool) == ["w0 renamed"]
        ip(f"-n {netns} link set w0 up")  # says nothing new
        ip(f"-n {netns} link del w0")
        assert set(wait(watcher, lambda told: len(told) >= 2)) == {"w0 removed", "v1 removed"}


def test_interface_that_joins_and_leaves_a_bridge(ip, netns) -> None:
    """It stays what it was, though the kernel says of the bridge's port that it is deleted."""
    with Watcher([find_namespace(netns)]) as watcher:
        ip(f"-n {netns} link add v0 type veth peer name v1")
        ip(f"-n {netns} link add b0 type bridge")
        wait(watcher, lambda told: len(told) >= 3)
        ip(f"-n {netns} link set v0 master b0")
        ip(f"-n {netns} link set v0 nomaster")
        ip(f"-n {netns} link set b0 name b1")
        assert wait(watcher, bool) == ["b1 renamed"]


def test_interface_that_moves_between_namespaces(ip, netns, other_netns) -> None:
    with Watcher([find_namespace(netns), find_namespace(other_netns)]) as watcher:
        ip(f"-n {netns} link add v0 type veth peer name v1")
        ip(f"-n {netns} link set v0 netns {other_netns}")
        told = wait(watcher, lambda told: told.count("v0 added") == 2)
    assert told.count("v0 removed") == 1


def test_namespaces_that_come_and_go(ip, netns) -> None:
    other = f"{netns}-new"
    with Watcher([], follow=True) as watcher:
        assert watcher.read() == []  # the one that was there before is not news
        ip(f"netns add {other}")
        told = wait(watcher, lambda told: "lo added" in told)
        assert told == [f"namespace {other} added", "lo added"]
        ip(f"-n {other} link add d0 type bridge")
        assert wait(watcher, bool) == ["d0 added"]
        ip(f"netns del {other}")
        told = wait(watcher, lambda told: f"namespace {other} removed" in told)
        assert sorted(told) == ["d0 removed", "lo removed", f"namespace {other} removed"]


def test_namespace_without_a_name(ip) -> None:
    with Watcher([], follow=True) as watcher:
        command = ["unshare", "--net", "cat"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdin.write(b"\n")
            process.stdin.flush()
            process.stdout.read(1)  # it answers: it is inside
            inode = find_namespace(str(process.pid)).inode
            added = [news for news in watcher.rescan(all_namespaces()) if news.namespace.inode == inode]
            assert [news.what for news in added] == ["added", "added"]  # the namespace and its lo
            process.stdin.close()
            process.wait()
        removed = [news for news in watcher.rescan(all_namespaces()) if news.namespace.inode == inode]
        assert [news.what for news in removed] == ["removed", "removed"]
