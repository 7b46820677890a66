"""Filter expressions over packets of savefiles, by libpcap's own interpreter."""
from ptcpdump.filters.pcap cimport Program
from ptcpdump.packet cimport Packet
from ptcpdump.filters.packet_filter cimport PacketFilter

from ptcpdump.errors import FilterError
from ptcpdump.filters.pcap import compile_expression, linktype_name


cdef Program compiled(str expression, int linktype, bint optimize, netmask):
    cdef Program program = compile_expression(expression, linktype, optimize=optimize, netmask=netmask)
    cdef unsigned int i
    for i in range(program.code.bf_len):
        # LD ABS behind SKF_AD_OFF (linux/filter.h): libpcap lets it pass, but in a file it would read nothing
        if (program.code.bf_insns[i].code & 0xe7) == 0x20 and program.code.bf_insns[i].k >= 0xfffff000:
            raise FilterError(f"filter expression {expression!r}: inbound, outbound and ifindex are known only while "
                              "capturing, not in savefiles; leave them out")
    return program


cdef class ExpressionFilter(PacketFilter):
    """Takes the packets that match an expression, which is compiled anew for each link type that turns up."""

    cdef readonly str expression
    cdef readonly dict refused
    cdef dict programs
    cdef bint optimize
    cdef object netmask
    cdef Program current        # for packets of the link type seen last; None: they can't match
    cdef long current_linktype  # -1: no packet seen yet

    def __init__(self, str expression not None, linktype=None, *, bint optimize=True, netmask=0):
        self.expression = expression
        self.optimize = optimize
        self.netmask = netmask
        self.refused = {}
        self.programs = {}
        self.current_linktype = -1
        if linktype is not None:
            self.require(linktype)

    def require(self, linktype: int) -> None:
        """Make sure that packets of a link type can be looked at; raises FilterError."""
        if self.programs.get(linktype) is None:
            self.programs[linktype] = compiled(self.expression, linktype, self.optimize, self.netmask)
        self.current = self.programs[linktype]
        self.current_linktype = linktype

    cdef void choose(self, int linktype) noexcept:
        if linktype not in self.programs:
            try:
                program = compiled(self.expression, linktype, self.optimize, self.netmask)
            except FilterError as error:
                self.refused[linktype_name(linktype)] = str(error)
                program = None
            self.programs[linktype] = program
        self.current = self.programs[linktype]
        self.current_linktype = linktype

    cdef bint matches(self, const Packet *p) noexcept nogil:
        if p.linktype != self.current_linktype:
            with gil:
                self.choose(p.linktype)
        return self.current is not None and self.current.run(p.data, p.captured, p.length)

    def takes(self, const unsigned char[::1] data not None, int linktype=1, length=None):
        cdef Packet packet
        cdef unsigned char nothing = 0
        packet.captured = <unsigned int>data.shape[0]
        packet.data = &data[0] if packet.captured else &nothing
        packet.length = packet.captured if length is None else length
        packet.linktype = linktype
        return bool(self.matches(&packet))
