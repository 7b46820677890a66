# The record that travels from a source to the sinks. No Python object is made for a packet on this path.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, int64_t, uint64_t


cdef enum Direction:
    DIRECTION_UNKNOWN = 0   # the values are those of pcapng's epb_flags bits 0-1
    DIRECTION_IN = 1
    DIRECTION_OUT = 2


cdef struct Span:
    const char *data
    uint32_t len


# What is known of a packet's owner as ready-made text: rendered once per owner, then shared by all its packets.
cdef struct ContextText:
    uint32_t pid            # 0: no owner known
    uint32_t tid            # 0: thread not known
    Span prefix             # one line: "curl.1234 " behind the interface name
    Span suffix             # one line: ", ParentProc [bash.1]" at the end
    Span block              # verbose: "\n    Process (pid ...)\n    User ..."
    Span options            # pcapng: the opt_comment options, encoded and padded
    Span foreign            # the last of these: comments that are not about the owner
    # For process blocks (context/process_block.pyx); identities are hashes, 0: there is none
    uint64_t process        # of all that is said of the process
    uint64_t basic          # of what its children's parent blocks say of it
    uint64_t parent         # likewise of its parent, whose pid is parent_pid
    uint64_t thread_key     # of the thread and its name
    uint32_t parent_pid
    uint32_t found          # how the owner was found: enum found of record.h; 0: not said
    Span process_block      # body of its block, but for comments that depend on the packet: found_option, thread_option
    Span parent_block
    Span found_option
    Span thread_option
    void *context           # the context.model.Context behind it, or None; kept alive by whoever made this
    bint wanted             # the owner filter of this run (files only) lets it pass


# Whose packet it is, as the kernel tells it while capturing: pid, start, thread, user, cgroup, names, how it was found.
cdef extern from "record.h" nogil:
    cdef struct OwnerKey "owner":
        uint64_t start          # of the process: ns since boot
        uint64_t cgroup         # id: the inode of its directory in cgroup v2
        uint32_t pid
        uint32_t tid
        uint32_t uid
        uint8_t found           # enum found
        uint8_t host_pid[3]     # in the initial pid namespace, lowest byte first, where ours is another one; else 0
        char comm[16]           # of the thread
        char process_comm[16]   # of the main thread


# Another process of a savefile that a packet names.
cdef struct Further:
    uint64_t process        # as Packet.process
    uint32_t tid


cdef enum:
    MOST_FURTHER = 8        # owners of a packet beside the one that is shown


cdef struct Packet:
    int64_t time            # nanoseconds since the epoch, UTC
    const uint8_t *data     # `captured` bytes, valid until the source is asked for more; see `stays`
    uint32_t captured
    uint32_t length         # on the wire
    uint32_t interface      # row of the run's interface table
    uint32_t linktype       # LINKTYPE_ value of the interface (https://www.tcpdump.org/linktypes.html)
    uint8_t direction
    bint stays              # the data stays where it is until the sink's settle()
    # Whose it is, in the words of the source; the context stage makes `context` of it. At most one of them is set.
    const OwnerKey *owner   # captured live
    uint64_t monotonic      # with it: when it was captured by CLOCK_MONOTONIC, ns
    Span comments           # from a savefile: pcapng options from the first comment to the last one
    bint swapped            # with it: their byte order is not this machine's
    uint64_t process        # from a savefile: number of the process that a block of the file describes; 0: none
    uint32_t tid            # with it: the thread, 0: not known
    void *processes         # with it: who knows the Context behind that number (sources.processes.Processes)
    # Who has it beside its owner, at its other end or as further receivers of it: not shown, but kept in pcapng files.
    const OwnerKey *other   # captured live; NULL: nobody, or not told
    const Further *further  # from a savefile
    uint32_t further_count
    const ContextText **also    # what the context stage makes of them, valid until the next packet
    uint32_t also_count
    Span others             # from a savefile: all other options, in this machine's byte order
    void *known             # from Python: a context.model.Context
    const ContextText *context   # NULL: nothing is known of its owner


cdef inline void no_owner(Packet *p) noexcept nogil:
    """Say that the source knows nothing of a packet's owner."""
    p.owner = p.other = NULL
    p.further_count = p.also_count = 0
    p.comments.len = 0
    p.process = 0
    p.others.len = 0
    p.known = NULL
    p.context = NULL
