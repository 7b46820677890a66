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
    uint32_t handle         # index of the Python object behind it
    bint wanted             # the owner filter of this run (files only) lets it pass


cdef struct Packet:
    int64_t time            # nanoseconds since the epoch, UTC
    const uint8_t *data     # `captured` bytes, valid until the source is asked for more; see `stays`
    uint32_t captured
    uint32_t length         # on the wire
    uint32_t interface      # index in the run's interface table
    uint32_t linktype       # LINKTYPE_ value of the interface (https://www.tcpdump.org/linktypes.html)
    uint8_t direction
    bint stays              # the data stays where it is until the sink's settle()
    const ContextText *context   # NULL: none
