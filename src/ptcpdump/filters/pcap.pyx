"""libpcap: filter expressions compiled to classic BPF, its interpreter, and the names of link types.

Link types are LINKTYPE_ values (as in savefiles) everywhere; libpcap's own DLT_ values stay inside this module.
"""
from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.filters.interpreter cimport interpret, jumps_back

from ptcpdump.errors import FilterError, InterfaceError, UsageError

DEFAULT_SNAPLEN = 262144
NETMASK_UNKNOWN = <uint32_t>PCAP_NETMASK_UNKNOWN

# The few LINKTYPE_ values whose DLT_ value differs on Linux (https://www.tcpdump.org/linktypes.html)
cdef dict DLT_OF_LINKTYPE = {100: 11, 101: 12, 102: 15, 103: 16, 106: 19, 246: 18}
cdef dict LINKTYPE_OF_DLT = {dlt: linktype for linktype, dlt in DLT_OF_LINKTYPE.items()}


cdef bytes encoded(str text, str what):
    cdef bytes data = text.encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise FilterError(f"{what} holds a NUL character")
    return data


cdef class Program:
    """A filter expression compiled to classic BPF for one link type."""

    def __dealloc__(self):
        pcap_freecode(&self.code)

    cdef bint run(self, const uint8_t *data, uint32_t captured, uint32_t length) noexcept nogil:
        cdef pcap_pkthdr header
        if self.loops:
            return interpret(self.code.bf_insns, self.code.bf_len, data, captured, length) != 0
        header.caplen = captured
        header.len = length
        return pcap_offline_filter(&self.code, &header, data) != 0

    def matches(self, const uint8_t[::1] data not None, length=None):
        cdef uint32_t captured = <uint32_t>data.shape[0]
        cdef uint32_t wire = captured if length is None else length
        cdef uint8_t nothing = 0
        return bool(self.run(&data[0] if captured else &nothing, captured, wire))

    @property
    def instructions(self):
        cdef unsigned int i
        cdef bpf_insn *one
        rows = []
        for i in range(self.code.bf_len):
            one = &self.code.bf_insns[i]
            rows.append((one.code, one.jt, one.jf, one.k))
        return tuple(rows)

    def listing(self, int level=1):
        rows = self.instructions
        if level >= 3:
            lines = [f"{len(rows)}", *(f"{code} {jt} {jf} {k}" for code, jt, jf, k in rows)]
        elif level == 2:
            lines = [f"{{ 0x{code:x}, {jt}, {jf}, 0x{k:08x} }}," for code, jt, jf, k in rows]
        else:
            lines = [bpf_image(&self.code.bf_insns[i], i).decode() for i in range(len(rows))]
        return "".join(line + "\n" for line in lines)


cdef Program compiled(pcap_t *handle, str expression, int linktype, bint optimize, uint32_t netmask):
    cdef Program program = Program.__new__(Program)
    cdef bytes text = encoded(expression, "the filter expression")
    program.expression = expression
    program.linktype = linktype
    # libpcap 1.10 needs no lock for this; names in the expression may be looked up in the DNS meanwhile
    cdef const char *source = text
    cdef int status
    with nogil:
        status = pcap_compile(handle, &program.code, source, optimize, netmask)
    if status != 0:
        reason = pcap_geterr(handle).decode("utf-8", "replace")
        raise FilterError(f"filter expression {expression!r}: {reason}; see pcap-filter(7)")
    program.loops = jumps_back(program.code.bf_insns, program.code.bf_len)
    return program


def compile_expression(str expression not None, int linktype=1, *, int snaplen=DEFAULT_SNAPLEN, bint optimize=True,
                       netmask=0):
    cdef pcap_t *handle = pcap_open_dead(DLT_OF_LINKTYPE.get(linktype, linktype), snaplen or DEFAULT_SNAPLEN)
    if handle == NULL:
        raise MemoryError
    try:
        return compiled(handle, expression, linktype, optimize, netmask)
    finally:
        pcap_close(handle)


def compile_on_interface(str expression not None, str interface not None, *, int snaplen=DEFAULT_SNAPLEN,
                         bint optimize=True, netmask=0):
    cdef char errors[PCAP_ERRBUF_SIZE]
    cdef bytes device = encoded(interface, "the interface name")
    cdef pcap_t *handle = pcap_create(device, errors)
    if handle == NULL:
        raise InterfaceError(f"interface {interface}: {errors.decode('utf-8', 'replace')}")
    cdef int status
    try:
        pcap_set_snaplen(handle, snaplen or DEFAULT_SNAPLEN)
        pcap_set_buffer_size(handle, 1 << 16)  # nothing is captured on it
        with nogil:
            status = pcap_activate(handle)
        if status < 0:
            reason = pcap_geterr(handle).decode("utf-8", "replace") or pcap_statustostr(status).decode()
            raise InterfaceError(f"interface {interface} can't be opened to compile {expression!r}: {reason}")
        dlt = pcap_datalink(handle)
        return compiled(handle, expression, LINKTYPE_OF_DLT.get(dlt, dlt), optimize, netmask)
    finally:
        pcap_close(handle)


def interface_netmask(str interface not None):
    cdef char errors[PCAP_ERRBUF_SIZE]
    cdef uint32_t net = 0, mask = 0
    if pcap_lookupnet(encoded(interface, "the interface name"), &net, &mask, errors) != 0:
        return 0
    return mask


def library_version():
    return pcap_lib_version().decode()


def linktype_name(int linktype):
    cdef const char *name = pcap_datalink_val_to_name(DLT_OF_LINKTYPE.get(linktype, linktype))
    return name.decode() if name != NULL else str(linktype)


def linktype_description(int linktype):
    cdef const char *text = pcap_datalink_val_to_description(DLT_OF_LINKTYPE.get(linktype, linktype))
    return text.decode() if text != NULL else ""


def linktype_by_name(str name not None):
    cdef int dlt = pcap_datalink_name_to_val(encoded(name, "the link type"))
    if dlt < 0:
        raise UsageError(f"unknown link type {name!r}; -L lists those of an interface")
    return LINKTYPE_OF_DLT.get(dlt, dlt)
