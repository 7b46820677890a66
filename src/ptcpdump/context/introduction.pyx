"""What a pcapng file says of an owner before the first packet: the pieces of process blocks, ready to be written."""

from ptcpdump.context import process_block
from ptcpdump.context.comment_text cimport container_comment, encode_comments, pod_comment, thread_comment
from ptcpdump.context.long_texts cimport LONG, keep, made_before, some_kept
from ptcpdump.context.model import Found, Process

cdef dict ROWS = {found: number for number, found in enumerate(Found, 1)}      # 0: not said
cdef object SAVEFILE = Found.SAVEFILE


cdef class Introduction:
    """Pieces and their identities."""

    def __cinit__(self):
        self.process_block = self.parent_block = self.found_option = self.thread_option = b""


cdef Introduction introduction(seen, owner):
    """Of a context's parts that are wanted; empty where nothing is known.

    owner: its process, whose pid is told in any case.
    """
    cdef Introduction told = Introduction.__new__(Introduction)
    found = seen.found
    if owner is None:       # a socket of the kernel
        if found is None:
            return told
        told.found_option = encode_comments([f"Found: {found.value}"])
        return told
    process = seen.process
    if process is None:
        process = Process(owner.pid)
    blocks(told, seen, process)
    if found is not None and found is not SAVEFILE:
        told.found_option = encode_comments([f"PID: {process.pid}\nFound: {found.value}"])
        told.found = ROWS[found]
    if seen.thread is not None:
        told.thread_option = encode_comments([thread_comment(seen.thread)])
        told.thread_key = identity((process.pid, told.thread_option))
    return told


cdef int blocks(Introduction told, seen, process) except -1:
    """The process's block and its parent's, and what tells them apart; of long ones once for all threads."""
    cdef Introduction before
    cdef bytes block
    cdef list texts, basic
    cdef str surroundings = ""
    cdef size_t size
    parent, container, pod = seen.parent, seen.container, seen.pod
    if some_kept():
        surroundings = f"{id(parent)} {id(container)} {id(pod)} {seen.uid} {seen.user}"
        made = made_before(process, surroundings)
        if made is not None:
            before = <Introduction>(<tuple>made)[0]
            told.process_block, told.parent_block = before.process_block, before.parent_block
            told.process, told.basic, told.parent = before.process, before.basic, before.parent
            told.parent_pid = before.parent_pid
            return 0
    basic = process_block.comments(process)
    texts = basic
    if container is not None:
        texts = [*texts, container_comment(container)]
    if pod is not None:
        texts = [*texts, pod_comment(pod)]
    block = process_block.entry(process, parent=parent.pid if parent is not None else 0, uid=seen.uid, user=seen.user)
    told.process_block = block + encode_comments(texts)
    if parent is not None:
        told.parent_block = parent_block(parent)
        told.parent = identity(told.parent_block)
        told.parent_pid = parent.pid
    told.process = identity((told.process_block, told.parent_block))
    if texts is basic and parent is None and seen.uid is None and not seen.user:
        told.basic = identity(told.process_block)
    else:
        told.basic = identity(process_block.entry(process) + encode_comments(basic))
    size = len(told.process_block)
    if size >= LONG:
        surroundings = surroundings or f"{id(parent)} {id(container)} {id(pod)} {seen.uid} {seen.user}"
        keep(process, surroundings, (told, parent, container, pod), size)
    return 0


cdef bytes parent_block(parent):
    cdef bytes block = made_before(parent, "parent")
    if block is None:
        block = process_block.entry(parent) + encode_comments(process_block.comments(parent))
        keep(parent, "parent", block, len(block))
    return block


cdef uint64_t identity(what) except? 0:
    """64 bits that tell it apart from others: Python's hash, whose key nobody else knows; never 0."""
    return <uint64_t><Py_hash_t>hash(what) | 1
