"""The part of a kernel's type information (BTF) that programs of ours look at: some kilobytes instead of megabytes.

What the kernel's structs have beside the members that our own definitions name is left out; pointers lead nowhere, for
the loader (libbpf) never follows one: each relocation begins at a struct's name. Sizes and offsets are the kernel's.
"""

import os

from libc.stdint cimport uint32_t
from ptcpdump.kernel.bindings.btf cimport Types
from ptcpdump.kernel.bindings.libbpf cimport *

from ptcpdump.errors import PtcpdumpError


def members_used(program) -> dict[str, set[str]]:
    """The structs and unions that a BPF object (a path) defines for itself, and their members; those of nameless ones
    inside count as the outer one's, as do those of its flavours (NAME___FLAVOUR)."""
    cdef btf *own = btf__parse(os.fsencode(program), NULL)
    cdef const btf_type *described
    cdef uint32_t i
    if own == NULL:
        raise PtcpdumpError(f"{os.fsdecode(program)}: no type information in it")
    used = {}
    try:
        for i in range(1, btf__type_cnt(own)):
            described = btf__type_by_id(own, i)
            if btf_kind(described) in (BTF_KIND_STRUCT, BTF_KIND_UNION):
                name = btf__name_by_offset(own, described.name_off).decode().partition("___")[0]
                if name:
                    gather(own, described, used.setdefault(name, set()))
    finally:
        btf__free(own)
    return used


cdef object gather(const btf *own, const btf_type *described, set found):
    cdef uint32_t i
    cdef const btf_member *member
    cdef int inner
    for i in range(<uint32_t>btf_vlen(described)):
        member = &btf_members(described)[i]
        name = btf__name_by_offset(own, member.name_off).decode()
        if name:
            found.add(name)
        else:
            inner = btf__resolve_type(own, member.type)
            if inner > 0 and btf_is_composite(btf__type_by_id(own, inner)):
                gather(own, btf__type_by_id(own, inner), found)


cdef class Excerpt:
    """Type information under construction, with types of `kernel`. `used` is what members_used() tells."""

    cdef Types kernel
    cdef btf *made
    cdef dict used
    cdef dict copied        # number of a type in the kernel → in ours

    def __cinit__(self, Types kernel not None, dict used not None):
        self.kernel = kernel
        self.used = used
        self.copied = {}
        self.made = btf__new_empty()
        if self.made == NULL:
            raise MemoryError

    def __dealloc__(self):
        btf__free(self.made)

    def add_structs(self) -> None:
        """All structs and unions of the kernel that are used. There may be several of a name: the loader wants all."""
        cdef btf *source = self.kernel.handle
        cdef const btf_type *described
        cdef uint32_t i
        cdef set names = {name.encode() for name in self.used}
        for i in range(1, btf__type_cnt(source)):
            described = btf__type_by_id(source, i)
            if (btf_kind(described) in (BTF_KIND_STRUCT, BTF_KIND_UNION)
                    and <bytes>btf__name_by_offset(source, described.name_off) in names):
                self.copy(i)

    def add_tracepoint(self, str name not None) -> None:
        """That there is such a tracepoint (see Types.has_tracepoint())."""
        self.numbered(btf__add_typedef(self.made, ("btf_trace_" + name).encode(), self.pointer()))

    def add_function(self, str name not None) -> None:
        """That there is such a function; not what it takes."""
        cdef int proto = self.numbered(btf__add_func_proto(self.made, 0))
        self.numbered(btf__add_func(self.made, name.encode(), BTF_FUNC_GLOBAL, proto))

    def add_remark(self, bytes text not None) -> None:
        """A text that nothing refers to: the loader passes over it, and whoever knows of it finds it in the file."""
        self.numbered(btf__add_str(self.made, text))

    def data(self) -> bytes:
        """The file."""
        cdef uint32_t size = 0
        cdef const char *raw = <const char *>btf__raw_data(self.made, &size)
        if raw == NULL:
            raise MemoryError
        return raw[:size]

    cdef int numbered(self, int result) except -1:
        """The number of a type that was added."""
        if result < 0:
            raise PtcpdumpError(f"can't write type information: {os.strerror(-result)}")
        return result

    cdef int pointer(self) except -1:
        if "pointer" not in self.copied:
            self.copied["pointer"] = self.numbered(btf__add_ptr(self.made, 0))
        return self.copied["pointer"]

    cdef int copy(self, uint32_t number) except -1:
        """Our number of a type of the kernel, which is added with those that lie in it."""
        cdef btf *source = self.kernel.handle
        cdef const btf_type *described = btf__type_by_id(source, number)
        cdef const btf_array *array
        while btf_kind(described) in (BTF_KIND_TYPEDEF, BTF_KIND_CONST, BTF_KIND_VOLATILE, BTF_KIND_RESTRICT,
                                      BTF_KIND_TYPE_TAG):       # the loader looks through them, too
            number = described.type
            described = btf__type_by_id(source, number)
        if number == 0:
            return 0
        if number in self.copied:
            return self.copied[number]
        kind = btf_kind(described)
        if kind == BTF_KIND_PTR:
            made = self.pointer()
        elif kind == BTF_KIND_ARRAY:
            array = btf_array_of(described)
            index, element = self.copy(array.index_type), self.copy(array.type)
            made = self.numbered(btf__add_array(self.made, index, element, array.nelems))
        elif kind in (BTF_KIND_STRUCT, BTF_KIND_UNION):
            made = self.composite(described)
        else:       # numbers, enumerations and declarations refer to nothing
            made = self.numbered(btf__add_type(self.made, source, described))
        self.copied[number] = made
        return made

    cdef int composite(self, const btf_type *described) except -1:
        """A struct or union with its members that are used. One without a name keeps all: who uses it, its outer one
        would have to know. The types of members come first: members follow their struct at once."""
        cdef btf *source = self.kernel.handle
        cdef const btf_member *member
        cdef uint32_t i
        cdef int made
        name = <bytes>btf__name_by_offset(source, described.name_off)
        wanted = self.used.get(name.decode(errors="replace"), set())
        kept = []
        for i in range(<uint32_t>btf_vlen(described)):
            member = &btf_members(described)[i]
            called = <bytes>btf__name_by_offset(source, member.name_off)
            if not name or not called or called.decode(errors="replace") in wanted:
                kept.append((called, self.copy(member.type), btf_member_bit_offset(described, i),
                             btf_member_bitfield_size(described, i)))
        if btf_kind(described) == BTF_KIND_STRUCT:
            made = self.numbered(btf__add_struct(self.made, name, described.size))
        else:
            made = self.numbered(btf__add_union(self.made, name, described.size))
        for called, number, offset, size in kept:
            self.numbered(btf__add_field(self.made, called, number, offset, size))
        return made
