"""The structs of the headers in bpf/ as bytes for maps and back, laid out as the headers say."""

import sys

from libc.stddef cimport size_t


cdef extern from *:
    """
    #include <stddef.h>
    #include "places.h"
    #include "secret.h"     /* which include record.h */

    struct member { const char *name; size_t at, size; };
    #define MEMBER(s, m) {#m, offsetof(struct s, m), sizeof(((struct s *)0)->m)}
    #define END {NULL, 0, 0}

    static const struct member owner_members[] = {
        MEMBER(owner, start), MEMBER(owner, cgroup), MEMBER(owner, pid), MEMBER(owner, tid), MEMBER(owner, uid),
        MEMBER(owner, found), MEMBER(owner, comm), MEMBER(owner, process_comm), END};
    static const struct member event_members[] = {
        MEMBER(process_event, time), MEMBER(process_event, start), MEMBER(process_event, parent_start),
        MEMBER(process_event, cgroup), MEMBER(process_event, pid), MEMBER(process_event, parent),
        MEMBER(process_event, uid), MEMBER(process_event, mntns), MEMBER(process_event, netns),
        MEMBER(process_event, creator), MEMBER(process_event, creator_start), MEMBER(process_event, host_pid),
        MEMBER(process_event, parent_host_pid), MEMBER(process_event, kind),
        MEMBER(process_event, name_len), MEMBER(process_event, path_len), MEMBER(process_event, args_len),
        MEMBER(process_event, args_truncated), MEMBER(process_event, resolved), MEMBER(process_event, comm),
        MEMBER(process_event, creator_comm), END};
    static const struct member counters_members[] = {
        MEMBER(counters, received), MEMBER(counters, lost), MEMBER(counters, lost_events),
        MEMBER(counters, unfollowed), MEMBER(counters, untracked), END};
    static const struct member selected_members[] = {MEMBER(selected, start), MEMBER(selected, why), END};
    static const struct member interface_members[] = {
        MEMBER(interface_key, netns), MEMBER(interface_key, ifindex), END};
    static const struct member flow_key_members[] = {
        MEMBER(flow_key, netns), MEMBER(flow_key, local_port), MEMBER(flow_key, remote_port), MEMBER(flow_key, local),
        MEMBER(flow_key, remote), MEMBER(flow_key, protocol), END};
    static const struct member flow_members[] = {MEMBER(flow, time), MEMBER(flow, owner), END};
    static const struct member address_key_members[] = {
        MEMBER(address_key, netns), MEMBER(address_key, address), END};
    static const struct member address_netns_members[] = {
        MEMBER(address_netns, nsid), MEMBER(address_netns, netns), END};
    static const struct member local_key_members[] = {
        MEMBER(local_key, bits), MEMBER(local_key, netns), MEMBER(local_key, address), END};
    static const struct member secret_members[] = {
        MEMBER(secret, time), MEMBER(secret, owner), MEMBER(secret, length), MEMBER(secret, library),
        MEMBER(secret, label), MEMBER(secret, random), MEMBER(secret, secret),
        MEMBER(secret, derived), MEMBER(secret, transcript_length), MEMBER(secret, transcript), END};
    static const struct member secret_counters_members[] = {
        MEMBER(secret_counters, lost), MEMBER(secret_counters, unreadable), END};
    static const struct member config_members[] = {
        MEMBER(config, snaplen), MEMBER(config, wake_every), MEMBER(config, lane), MEMBER(config, netns),
        MEMBER(config, pidns), MEMBER(config, immediate), MEMBER(config, use_ring), MEMBER(config, current_in_tc),
        MEMBER(config, peer_match), MEMBER(config, both_ends), MEMBER(config, filter), MEMBER(config, socket_flows),
        MEMBER(config, everywhere), MEMBER(config, filtered), MEMBER(config, cpus), MEMBER(config, directions),
        MEMBER(config, other_netns), MEMBER(config, translations), MEMBER(config, any_socket),
        MEMBER(config, tcp_sending), MEMBER(config, by_tuple), MEMBER(config, mptcp),
        MEMBER(config, reads_all), END};
    static const struct member places_members[] = {
        MEMBER(places, leader), MEMBER(places, start), MEMBER(places, comm), MEMBER(places, ids),
        MEMBER(places, parent), MEMBER(places, mm), MEMBER(places, arguments), MEMBER(places, looker),
        MEMBER(places, net), MEMBER(places, netns), END};
    static const struct member view_members[] = {
        MEMBER(view, address), MEMBER(view, task), MEMBER(view, size), MEMBER(view, bytes), END};
    """
    cdef struct member:
        const char *name
        size_t at
        size_t size

    const member[] owner_members
    const member[] event_members
    const member[] counters_members
    const member[] selected_members
    const member[] interface_members
    const member[] flow_key_members
    const member[] flow_members
    const member[] address_key_members
    const member[] local_key_members
    const member[] address_netns_members
    const member[] secret_members
    const member[] secret_counters_members
    const member[] config_members
    const member[] places_members
    const member[] view_members


cdef extern from "record.h" nogil:
    int _EVENT_BUFFER "EVENT_BUFFER"
    int _EVENT_LONGEST "EVENT_LONGEST"
    int _FOUND_SCAN "FOUND_SCAN"
    int _FOUND_LISTENER "FOUND_LISTENER"
    cdef struct owner:
        pass
    cdef struct record:
        pass
    cdef struct process_event:
        pass
    cdef struct counters:
        pass
    cdef struct lane:
        pass
    cdef struct selected:
        pass
    cdef struct interface_key:
        pass
    cdef struct flow_key:
        pass
    cdef struct flow:
        pass
    cdef struct address_key:
        pass
    cdef struct address_netns:
        pass
    cdef struct local_key:
        pass
    cdef struct config:
        pass

cdef extern from "places.h" nogil:
    cdef struct places:
        pass
    cdef struct view:
        pass

cdef extern from "secret.h" nogil:
    int _SECRET_BUFFER "SECRET_BUFFER"
    cdef struct secret:
        pass
    cdef struct secret_counters:
        pass


cdef class Struct:
    """One struct. Members of 1, 2, 4 and 8 bytes are numbers, others bytes that may be short of NULs at their end."""

    cdef readonly size_t size
    cdef dict members       # offset and size by name, in the header's order

    def pack(self, **values):
        cdef bytearray whole = bytearray(self.size)
        for name, value in values.items():
            at, size = self.members[name]
            if not isinstance(value, bytes):
                value = int(value).to_bytes(size, sys.byteorder, signed=value < 0)
            elif len(value) > size:
                raise OverflowError(f"{name} has {size} bytes, not {len(value)}")
            whole[at:at + len(value)] = value
        return bytes(whole)

    def unpack(self, bytes data not None):
        values = {}
        for name, (at, size) in self.members.items():
            part = data[at:at + size]
            values[name] = int.from_bytes(part, sys.byteorder) if size in (1, 2, 4, 8) else part
        return values


cdef Struct described(size_t size, const member *members):
    cdef Struct made = Struct.__new__(Struct)
    cdef size_t i = 0
    made.size = size
    made.members = {}
    while members[i].name != NULL:
        made.members[members[i].name.decode()] = members[i].at, members[i].size
        i += 1
    return made


OWNER = described(sizeof(owner), owner_members)
EVENT = described(sizeof(process_event), event_members)
COUNTERS = described(sizeof(counters), counters_members)
SELECTED = described(sizeof(selected), selected_members)
INTERFACE_KEY = described(sizeof(interface_key), interface_members)
FLOW_KEY = described(sizeof(flow_key), flow_key_members)
FLOW = described(sizeof(flow), flow_members)
ADDRESS_KEY = described(sizeof(address_key), address_key_members)
LOCAL_KEY = described(sizeof(local_key), local_key_members)
ADDRESS_NETNS = described(sizeof(address_netns), address_netns_members)
CONFIG = described(sizeof(config), config_members)
PLACES = described(sizeof(places), places_members)
VIEW = described(sizeof(view), view_members)
SECRET = described(sizeof(secret), secret_members)
SECRET_COUNTERS = described(sizeof(secret_counters), secret_counters_members)
SECRET_BUFFER = _SECRET_BUFFER
EVENT_BUFFER = _EVENT_BUFFER
EVENT_LONGEST = _EVENT_LONGEST
FOUND_SCAN = _FOUND_SCAN
FOUND_LISTENER = _FOUND_LISTENER
RECORD_SIZE = sizeof(record)
LANE_HEAD = sizeof(lane)


def u32(value):
    """A number as most maps have it for a key."""
    return int(value).to_bytes(4, sys.byteorder)
