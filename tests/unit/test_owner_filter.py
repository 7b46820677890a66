"""Whose packets are wanted: values of the options, and owners read from files."""

import os
import pwd

import pytest

from ptcpdump.context.model import Container, Context, Pod, Process, Thread
from ptcpdump.errors import UsageError
from ptcpdump.filters.owner import OwnerFilter, OwnerMatcher, parse_owner_filter


def owner(pid: int, command: str = "/bin/sh", uid: int = 1000, parent: Process | None = None) -> Context:
    return Context(process=Process(pid, command), uid=uid, parent=parent)


def test_values_may_be_repeated_and_joined() -> None:
    wanted = parse_owner_filter(pids=["1, 2", "3"], names=["curl,wget", "nc"], uids=["0", "7"])
    assert wanted.pids == {1, 2, 3}
    assert wanted.names == {"curl", "wget", "nc"}
    assert wanted.uids == {0, 7}


def test_pid_is_not_the_hosts() -> None:
    assert not parse_owner_filter(pids=["7"]).matches(Context(process=Process(7, host_pid=7, outside=True)))
    assert parse_owner_filter(pids=["7"]).matches(Context(process=Process(7, host_pid=4711)))


def test_users_by_name() -> None:
    me = pwd.getpwuid(os.getuid())
    assert parse_owner_filter(uids=[me.pw_name]).uids == {me.pw_uid}


@pytest.mark.parametrize(("option", "value"), [
    ("pids", "0"), ("pids", "x"), ("pids", "-1"), ("pids", "4194304"), ("pids", "²"),
    ("uids", "nobody-has-this-name"), ("uids", "4294967295"), ("pods", ".default"), ("pods", "web."),
])
def test_bad_values(option: str, value: str) -> None:
    with pytest.raises(UsageError, match=value):
        parse_owner_filter(**{option: [value]})


def test_without_a_kind_everybody_is_wanted() -> None:
    assert not OwnerFilter()
    assert OwnerFilter().matches(Context())


def test_kinds_are_ored() -> None:
    wanted = parse_owner_filter(pids=["7"], names=["curl"], uids=["33"])
    assert wanted.matches(owner(7))
    assert wanted.matches(owner(8, "/usr/bin/curl"))
    assert wanted.matches(owner(9, uid=33))
    assert not wanted.matches(owner(9))
    assert not wanted.matches(Context())


def test_user_without_process() -> None:
    assert parse_owner_filter(uids=["0"]).matches(Context(uid=0))


@pytest.mark.parametrize(("name", "command", "same"), [
    ("curl", "/usr/bin/curl", True),
    ("curl", "curl", True),
    ("curl", "/usr/bin/curl2", False),
    ("systemd-resolved", "/lib/systemd/systemd-resolved", True),
    ("systemd-resolve", "/lib/systemd/systemd-resolved", True),    # the comm, as ps shows it
    ("systemd-resolved", "systemd-resolve", True),                 # only the comm is known
    ("systemd-resolvex", "/lib/systemd/systemd-resolved", False),
])
def test_names(name: str, command: str, same: bool) -> None:
    assert OwnerFilter(names=frozenset({name})).matches(owner(1, command)) is same


@pytest.mark.parametrize(("wanted", "same"), [
    ("mytool", True), ("python3.11", True), ("python3", False), ("mytoo", False),
])
def test_script_by_its_name_and_by_its_interpreters(wanted: str, same: bool) -> None:
    script = Process(1, "/usr/bin/python3.11", ("/usr/bin/python3", "./mytool"), name="mytool")
    assert OwnerFilter(names=frozenset({wanted})).matches(Context(process=script)) is same


@pytest.mark.parametrize(("wanted", "same"), [
    ("a-name-of-more-than-fifteen", True), ("a-name-of-more-", True), ("a-name-of-more-than-sixteen", False),
])
def test_names_that_share_what_the_kernel_keeps(wanted: str, same: bool) -> None:
    for process in (Process(1, "/bin/dash", name="a-name-of-more-than-fifteen"),
                    Process(1, "/opt/a-name-of-more-than-fifteen")):
        assert OwnerFilter(names=frozenset({wanted})).matches(Context(process=process)) is same


def test_name_of_the_main_thread_is_the_process_name() -> None:
    wanted = OwnerFilter(names=frozenset({"worker"}))
    assert wanted.matches(Context(process=Process(5, "/usr/bin/python3"), thread=Thread(5, "worker")))
    assert not wanted.matches(Context(process=Process(5, "/usr/bin/python3"), thread=Thread(6, "worker")))


def test_forks_are_followed_through_generations() -> None:
    matcher = OwnerMatcher(parse_owner_filter(pids=["10"], follow_forks=True))
    assert matcher.matches(owner(11, parent=Process(10)))
    assert matcher.matches(owner(12, parent=Process(11)))
    assert matcher.matches(owner(13, parent=Process(12)))
    assert not matcher.matches(owner(14, parent=Process(99)))


def test_forks_are_not_followed_unasked() -> None:
    assert not OwnerMatcher(parse_owner_filter(pids=["10"])).matches(owner(11, parent=Process(10)))


def test_containers_and_pods() -> None:
    wanted = parse_owner_filter(container_ids=["abc"], container_names=["/web"], pods=["api.v2.prod", "solo"])
    assert wanted.matches(Context(container=Container("abcdef")))
    assert wanted.matches(Context(container=Container("f00", name="web")))
    assert wanted.matches(Context(pod=Pod("api.v2", "prod")))
    assert wanted.matches(Context(pod=Pod("solo")))
    assert not wanted.matches(Context(container=Container("f00"), pod=Pod("api", "v2.prod")))


def test_own_command_replaces_pids() -> None:
    wanted = parse_owner_filter(pids=["1"], names=["nc"]).for_command(77)
    assert (wanted.pids, wanted.names, wanted.follow_forks) == ({77}, {"nc"}, True)
