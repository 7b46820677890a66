"""The kernel's own type information (BTF): what it has, and where it keeps the members of its structs."""

import os

from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport calloc, free
from ptcpdump.kernel.bindings.libbpf cimport *

from ptcpdump.errors import UnsupportedError

# Levels of structs in structs, arrays, typedefs: some 40 in kernels. One that contains itself has more.
cdef enum: DEEPEST = 200


cdef bint is_sound(const btf *types) noexcept:
    """Whether all that is looked at of a file's types lies in the file, and no type contains itself.

    libbpf takes a file whose headers are right, and follows what is in it, be it out of bounds or in circles, until it
    crashes (1.1; from 1.3 on it looks at the bounds itself).
    """
    cdef uint32_t i, count = btf__type_cnt(types)
    cdef uint8_t *depths = <uint8_t *>calloc(count, 1)     # levels in a type and its own; 0: not known yet
    cdef bint sound = depths != NULL
    for i in range(1, count):
        if not sound:
            break
        sound = depth_of(types, i, depths, 1) > 0
    free(depths)
    return sound


cdef int depth_of(const btf *types, uint32_t number, uint8_t *depths, int level) noexcept:
    """How many levels there are below a type, which is itself in `level`; 0: it is not sound. Each is looked at once,
    but for those that are too deep."""
    cdef const btf_type *described
    cdef uint32_t i, kind
    cdef int depth, most = 0
    if number == 0:     # void
        return 1
    if number >= btf__type_cnt(types) or level > DEEPEST:
        return 0
    if depths[number]:
        return depths[number] if level + depths[number] - 1 <= DEEPEST else 0
    described = btf__type_by_id(types, number)
    if btf__name_by_offset(types, described.name_off) == NULL:
        return 0
    kind = btf_kind(described)
    if kind in (BTF_KIND_TYPEDEF, BTF_KIND_CONST, BTF_KIND_VOLATILE, BTF_KIND_RESTRICT, BTF_KIND_TYPE_TAG):
        most = depth_of(types, described.type, depths, level + 1)
    elif kind == BTF_KIND_ARRAY:
        if depth_of(types, btf_array_of(described).index_type, depths, level + 1):
            most = depth_of(types, btf_array_of(described).type, depths, level + 1)
    elif kind in (BTF_KIND_STRUCT, BTF_KIND_UNION):
        most = 1
        for i in range(<uint32_t>btf_vlen(described)):
            if btf__name_by_offset(types, btf_members(described)[i].name_off) == NULL:
                return 0
            depth = depth_of(types, btf_members(described)[i].type, depths, level + 1)
            if depth == 0:
                return 0
            most = max(most, depth)
    elif kind in (BTF_KIND_PTR, BTF_KIND_FUNC):     # what they lead to is not in them
        most = described.type < btf__type_cnt(types)
    else:
        most = 1
    depths[number] = most + 1 if most else 0
    return depths[number]


cdef class Types:
    """The types of the running kernel, or those in the file `path`; loaded once, some 10 ms."""

    def __cinit__(self, path=None):
        cdef bytes name = os.fsencode(path) if path else b""
        if not path:
            self.handle = btf__load_vmlinux_btf()
        elif os.path.isfile(path):      # it would wait for somebody to write into a FIFO
            self.handle = btf__parse(name, NULL)
        if path and self.handle != NULL and not is_sound(self.handle):
            raise UnsupportedError(f"{os.fsdecode(path)}: its type information (BTF) is damaged: fetch it again, or make it "
                                   "anew with ptcpdump --save-btf")
        if self.handle == NULL:
            where = path or "/sys/kernel/btf/vmlinux"
            raise UnsupportedError(
                f"no kernel type information (BTF) in {where}: the kernel needs CONFIG_DEBUG_INFO_BTF, "
                "or give a file that matches it with --kernel-btf, such as ptcpdump --save-btf makes")

    def __dealloc__(self):
        btf__free(self.handle)

    def has_tracepoint(self, str name not None) -> bool:
        return btf__find_by_name_kind(self.handle, ("btf_trace_" + name).encode(), BTF_KIND_TYPEDEF) > 0

    def has_function(self, str name not None, str module not None="") -> bool:
        cdef btf *described
        if self.function(name) is not None:
            return True
        if not module or not os.path.exists(f"/sys/kernel/btf/{module}"):
            return False
        described = btf__load_module_btf(module.encode(), self.handle)
        if described == NULL:
            return False
        try:
            return btf__find_by_name_kind(described, name.encode(), BTF_KIND_FUNC) > 0
        finally:
            btf__free(described)

    def function(self, str name not None) -> int | None:
        cdef int found = btf__find_by_name_kind(self.handle, name.encode(), BTF_KIND_FUNC)
        return found if found > 0 else None

    def has_struct(self, str name not None) -> bool:
        return self.struct(name) is not None

    def struct(self, str name not None) -> int | None:
        cdef int found = btf__find_by_name_kind(self.handle, name.encode(), BTF_KIND_STRUCT)
        return found if found > 0 else None

    def functions(self) -> list[str]:
        cdef uint32_t i
        cdef const btf_type *described
        found = []
        for i in range(1, btf__type_cnt(self.handle)):
            described = btf__type_by_id(self.handle, i)
            if btf_kind(described) == BTF_KIND_FUNC:
                found.append(btf__name_by_offset(self.handle, described.name_off).decode(errors="replace"))
        return found

    def member(self, str struct not None, str name not None) -> tuple[int, int] | None:
        cdef int number = btf__find_by_name_kind(self.handle, struct.encode(), BTF_KIND_STRUCT)
        return self.search(number, name.encode(), 0) if number > 0 else None

    cdef object search(self, uint32_t number, bytes name, uint32_t base):
        """The member `name` of type `number`, which begins at bit `base` of the outermost struct."""
        cdef const btf_type *described = btf__type_by_id(self.handle, number)
        cdef btf_member *member
        cdef uint32_t i, at, bits
        for i in range(<uint32_t>btf_vlen(described)):
            member = &btf_members(described)[i]
            at = base + btf_member_bit_offset(described, i)
            member_name = <bytes>btf__name_by_offset(self.handle, member.name_off)
            if member_name == name:
                bits = btf_member_bitfield_size(described, i) or (
                    8 * <uint32_t>btf__resolve_size(self.handle, member.type))
                return at, bits
            if not member_name:     # members of an unnamed struct or union count as the outer one's
                inner = btf__resolve_type(self.handle, member.type)
                if inner > 0 and btf_is_composite(btf__type_by_id(self.handle, inner)):
                    found = self.search(inner, name, at)
                    if found is not None:
                        return found
        return None
