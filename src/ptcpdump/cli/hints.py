"""What somebody may have meant: words of other tools, or of this one in another place."""

from ptcpdump.lazy import lazy_modules

with lazy_modules:
    import re

# flags that people try, and those that do it here
_MEANT = {
    "--user": "--uid", "--username": "--uid", "--owner": "--uid", "--process": "--pid", "--process-id": "--pid",
    "--comm": "--pname", "--command": "--pname", "--process-name": "--pname", "--name": "--pname",
    "--namespace": "--netns", "--children": "--follow-forks", "--filter": "--expression-file",
}
# what is no primitive of pcap-filter(7), but chosen by a flag
_OWNERS = {
    "pid": "--pid", "process": "--pid", "proc": "--pid", "pname": "--pname", "comm": "--pname", "uid": "--uid",
    "user": "--uid", "container": "--container-name", "pod": "--pod-name", "netns": "--netns",
}
_PRIMITIVE = rf"(?<![-\w])({'|'.join(_OWNERS)})\s+([^\s()]+)"


def meant(flag: str) -> str:
    """The flag for what an unknown one is called elsewhere; "" where nothing is known."""
    return _MEANT.get(flag, "")


def for_expression(line: str) -> str:
    """Advice for a command line whose expression can't be compiled; "" where none fits."""
    found = re.search(_PRIMITIVE, line)
    if not found:
        return ""
    return f"; owners are chosen by flags: {_OWNERS[found[1]]} {found[2]}"
