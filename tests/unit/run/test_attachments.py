"""Where an interface is: its namespace, by a path that may lead elsewhere by now."""

import os

import pytest

from ptcpdump.errors import InterfaceError
from ptcpdump.net.interface import Interface
from ptcpdump.run.attachments import namespace_of

OWN = "/proc/self/ns/net"


def test_namespace_by_a_path() -> None:
    inode = os.stat(OWN).st_ino
    assert namespace_of(Interface(netns=inode, netns_path=OWN)).inode == inode


def test_path_that_leads_to_another_namespace() -> None:
    with pytest.raises(InterfaceError, match=f"namespace 4026531839 is gone: {OWN} is another one now"):
        namespace_of(Interface(netns=4026531839, netns_path=OWN))
