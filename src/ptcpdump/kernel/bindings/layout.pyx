"""Where the running kernel keeps the members of its structs, by its own type information (BTF)."""
import os

from libc.stdint cimport int64_t, uint32_t

from ptcpdump.errors import UnsupportedError


cdef extern from "<bpf/btf.h>" nogil:
    struct btf:
        pass

    struct btf_type:
        pass

    struct btf_member:
        uint32_t name_off
        uint32_t type

    enum: BTF_KIND_STRUCT
    enum: BTF_KIND_FUNC
    btf *btf__load_vmlinux_btf()
    void btf__free(btf *types)
    int btf__find_by_name_kind(const btf *types, const char *name, uint32_t kind)
    const btf_type *btf__type_by_id(const btf *types, uint32_t number)
    const char *btf__name_by_offset(const btf *types, uint32_t offset)
    int64_t btf__resolve_size(const btf *types, uint32_t number)
    int btf__resolve_type(const btf *types, uint32_t number)
    bint btf_is_composite(const btf_type *one)
    int btf_vlen(const btf_type *one)
    btf_member *btf_members(const btf_type *one)
    uint32_t btf_member_bit_offset(const btf_type *one, uint32_t index)
    uint32_t btf_member_bitfield_size(const btf_type *one, uint32_t index)


cdef class Layout:
    """The kernel's types; loaded once, some 10 ms."""

    cdef btf *types

    def __cinit__(self):
        self.types = btf__load_vmlinux_btf()
        if self.types == NULL:
            raise UnsupportedError(f"kernel {os.uname().release} has no type information (/sys/kernel/btf/vmlinux); "
                                   "it needs CONFIG_DEBUG_INFO_BTF")

    def __dealloc__(self):
        btf__free(self.types)

    def function(self, str name not None):
        cdef int found = btf__find_by_name_kind(self.types, name.encode(), BTF_KIND_FUNC)
        return found if found > 0 else None

    def member(self, str struct not None, str name not None):
        cdef int number = btf__find_by_name_kind(self.types, struct.encode(), BTF_KIND_STRUCT)
        return self.search(number, name.encode(), 0) if number > 0 else None

    cdef object search(self, uint32_t number, bytes name, uint32_t base):
        cdef const btf_type *one = btf__type_by_id(self.types, number)
        cdef btf_member *member
        cdef uint32_t i, at, bits
        for i in range(<uint32_t>btf_vlen(one)):
            member = &btf_members(one)[i]
            at = base + btf_member_bit_offset(one, i)
            member_name = <bytes>btf__name_by_offset(self.types, member.name_off)
            if member_name == name:
                bits = btf_member_bitfield_size(one, i) or 8 * <uint32_t>btf__resolve_size(self.types, member.type)
                return at, bits
            if not member_name:     # members of an unnamed struct or union count as the outer one's
                inner = btf__resolve_type(self.types, member.type)
                if inner > 0 and btf_is_composite(btf__type_by_id(self.types, inner)):
                    found = self.search(inner, name, at)
                    if found is not None:
                        return found
        return None
