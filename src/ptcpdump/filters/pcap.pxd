# libpcap's compiler and interpreter of filter expressions. Its headers and libbpf's both define `struct bpf_insn`, so
# no module includes the two.
from libc.stdint cimport uint8_t, uint32_t


cdef extern from "<pcap/pcap.h>" nogil:
    ctypedef struct pcap_t:
        pass

    struct bpf_insn:
        unsigned short code
        unsigned char jt
        unsigned char jf
        uint32_t k

    struct bpf_program:
        unsigned int bf_len
        bpf_insn *bf_insns

    struct pcap_pkthdr:
        uint32_t caplen
        uint32_t len

    enum: PCAP_ERRBUF_SIZE
    enum: PCAP_NETMASK_UNKNOWN

    pcap_t *pcap_open_dead(int linktype, int snaplen)
    pcap_t *pcap_create(const char *device, char *errors)
    int pcap_set_snaplen(pcap_t *handle, int length)
    int pcap_set_buffer_size(pcap_t *handle, int size)
    int pcap_activate(pcap_t *handle)
    int pcap_datalink(pcap_t *handle)
    void pcap_close(pcap_t *handle)
    char *pcap_geterr(pcap_t *handle)
    const char *pcap_statustostr(int status)
    int pcap_compile(pcap_t *handle, bpf_program *program, const char *text, int optimize, uint32_t netmask)
    void pcap_freecode(bpf_program *program)
    int pcap_offline_filter(const bpf_program *program, const pcap_pkthdr *header, const uint8_t *data)
    char *bpf_image(const bpf_insn *instruction, int index)
    int pcap_lookupnet(const char *device, uint32_t *net, uint32_t *mask, char *errors)
    const char *pcap_lib_version()
    const char *pcap_datalink_val_to_name(int linktype)
    const char *pcap_datalink_val_to_description(int linktype)
    int pcap_datalink_name_to_val(const char *name)


cdef class Program:
    """A compiled expression; see pcap.pyi."""
    cdef bpf_program code
    cdef readonly str expression
    cdef readonly int linktype
    cdef bint loops             # it jumps back: not for libpcap's interpreter, which may never end then
    cdef bint run(self, const uint8_t *data, uint32_t captured, uint32_t length) noexcept nogil
