"""What a pcapng file says of an owner before the first packet: the pieces of process blocks, ready to be written."""

from collections.abc import Hashable

from ptcpdump.context import process_block
from ptcpdump.context.comment_text import container_comment, encode_comments, pod_comment, thread_comment
from ptcpdump.context.model import Context, Found, Process
from ptcpdump.records import dataclass

_ROWS = {found: number for number, found in enumerate(Found, 1)}      # 0: not said


@dataclass(frozen=True, slots=True)
class Introduction:
    """For the members of ContextText (packet.pxd) with the same names."""

    process: int = 0
    basic: int = 0
    parent: int = 0
    thread_key: int = 0
    parent_pid: int = 0
    found: int = 0
    process_block: bytes = b""
    parent_block: bytes = b""
    found_option: bytes = b""
    thread_option: bytes = b""


def introduction(seen: Context, owner: Process | None) -> Introduction | None:
    """Of a context's parts that are wanted; None where nothing is known.

    owner: its process, whose pid is told in any case.
    """
    if owner is None:       # a socket of the kernel
        return Introduction(found_option=encode_comments([f"Found: {seen.found.value}"])) if seen.found else None
    process = seen.process or Process(owner.pid)
    parent = seen.parent
    texts = process_block.comments(process)
    if seen.container:
        texts.append(container_comment(seen.container))
    if seen.pod:
        texts.append(pod_comment(seen.pod))
    block = process_block.entry(process, parent=parent.pid if parent else 0, uid=seen.uid, user=seen.user)
    block += encode_comments(texts)
    found = seen.found if seen.found is not Found.SAVEFILE else None
    found_option = encode_comments([f"PID: {process.pid}\nFound: {found.value}"]) if found else b""
    thread_option = encode_comments([thread_comment(seen.thread)]) if seen.thread else b""
    parent_block = process_block.entry(parent) + encode_comments(process_block.comments(parent)) if parent else b""
    return Introduction(
        process=_identity((block, parent_block)),
        basic=_identity(process_block.entry(process) + encode_comments(process_block.comments(process))),
        parent=_identity(parent_block) if parent else 0,
        thread_key=_identity((process.pid, thread_option)) if thread_option else 0,
        parent_pid=parent.pid if parent else 0,
        found=_ROWS[found] if found else 0,
        process_block=block,
        parent_block=parent_block,
        found_option=found_option,
        thread_option=thread_option,
    )


def _identity(what: Hashable) -> int:
    """64 bits that tell it apart from others: Python's hash, whose key nobody else knows; never 0."""
    return hash(what) & 0xFFFF_FFFF_FFFF_FFFF | 1
