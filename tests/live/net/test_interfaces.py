"""Interfaces and namespaces as the kernel has them, against what ip(8) made."""

import os
import subprocess
from pathlib import Path

import pytest

from ptcpdump.errors import InterfaceError
from ptcpdump.net.interfaces import default_link, list_links, select_interfaces, select_namespaces
from ptcpdump.net.linktypes import ETHERNET, RAW
from ptcpdump.net.netns import enter, find_namespace, own_namespace


def inode_of_self() -> int:
    return Path("/proc/thread-self/ns/net").stat().st_ino


def test_links_of_our_own_namespace() -> None:
    links = {link.name: link for link in list_links(own_namespace())}
    assert links["lo"].loopback
    assert set(links) == set(os.listdir("/sys/class/net")) - {"bonding_masters"}


def test_links_of_another_namespace(ip, netns) -> None:
    ip(f"-n {netns} link add v0 type veth peer name v1")
    ip(f"-n {netns} link add br0 type bridge")
    ip(f"-n {netns} link set v0 master br0")
    ip(f"-n {netns} tuntap add t0 mode tun")
    ip(f"-n {netns} link property add dev v1 altname a-rather-long-alternative-name")
    namespace = find_namespace(netns)
    links = {link.name: link for link in list_links(namespace)}
    assert links["v0"].kind == "veth"
    assert links["v0"].master == links["br0"].index
    assert links["v0"].peer == links["v1"].index
    found = {i.name: i for i in select_interfaces(["any"], [namespace])}
    assert {name: i.linktype for name, i in found.items()} == {
        "lo": ETHERNET, "v0": ETHERNET, "v1": ETHERNET, "br0": ETHERNET, "t0": RAW,
    }  # fmt: skip
    assert found["v0"].label == f"v0@{netns}"
    assert [i.name for i in select_interfaces(["a-rather-long-alternative-name"], [namespace])] == ["v1"]
    assert [i.name for i in select_interfaces([str(links["v1"].index)], [namespace])] == ["v1"]
    with pytest.raises(InterfaceError, match=f"br1: no such interface in network namespace {netns}; did you mean br0"):
        select_interfaces(["br1"], [namespace])
    with pytest.raises(InterfaceError, match=r"xyz: no such interface in .*; there are: lo, "):
        select_interfaces(["xyz"], [namespace])


def test_default_is_the_first_running_one_but_never_loopback(ip, netns) -> None:
    namespace = find_namespace(netns)
    with pytest.raises(InterfaceError, match="no interface is up"):
        select_interfaces([], [namespace])
    ip(f"-n {netns} link set lo up")
    assert default_link(list_links(namespace)).name == "lo"
    ip(f"-n {netns} link add v0 type veth peer name v1")
    ip(f"-n {netns} link set v0 up")
    ip(f"-n {netns} link set v1 up")
    assert default_link(list_links(namespace)).name == "v1"  # made first, hence the lower index


def test_namespace_by_name_path_pid_and_inode(netns) -> None:
    by_name = find_namespace(netns)
    assert find_namespace(f"/run/netns/{netns}").inode == by_name.inode
    assert find_namespace(str(by_name.inode)).inode == by_name.inode
    assert find_namespace(str(os.getpid())) == own_namespace()
    command = ["ip", "netns", "exec", netns, "cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.read(1)  # it answers: it is inside
        assert find_namespace(str(process.pid)).inode == by_name.inode
        process.stdin.close()


def test_unknown_namespace_lists_those_that_exist(netns) -> None:
    with pytest.raises(InterfaceError, match=f"there is no network namespace nowhere; .*{netns}"):
        select_namespaces(["nowhere"])


def test_file_that_is_no_namespace(tmp_path) -> None:
    path = tmp_path / "plain"
    path.touch()
    with pytest.raises(InterfaceError, match="there is no network namespace"):
        find_namespace(str(path))


def test_any_holds_each_namespace_once(netns) -> None:
    inodes = [namespace.inode for namespace in select_namespaces(["any"])]
    assert inodes[0] == own_namespace().inode
    assert inodes.count(find_namespace(netns).inode) == 1


def test_enter_comes_back(netns) -> None:
    namespace, before = find_namespace(netns), inode_of_self()
    assert enter(namespace, inode_of_self) == namespace.inode != before
    assert inode_of_self() == before
    with pytest.raises(ZeroDivisionError):
        enter(namespace, lambda: 1 // 0)


def test_enter_a_namespace_that_is_gone(ip, netns) -> None:
    namespace = find_namespace(netns)
    ip(f"netns del {netns}")
    with pytest.raises(InterfaceError, match=f"network namespace {netns} is gone"):
        enter(namespace, inode_of_self)
