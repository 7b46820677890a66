# libbpf 1.x, as far as it is used. Opaque types are structs; functions that fail return NULL with errno or -errno.
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stddef cimport size_t


cdef extern from "<stdarg.h>":
    ctypedef struct va_list:
        pass
    void va_copy(va_list to, va_list source) nogil
    void va_end(va_list args) nogil

cdef extern from "<bpf/libbpf.h>" nogil:
    cdef struct bpf_object:
        pass
    cdef struct bpf_program:
        pass
    cdef struct bpf_map:
        pass
    cdef struct bpf_link:
        pass
    cdef struct perf_buffer:
        pass
    cdef struct bpf_object_open_opts:
        size_t sz
        const char *object_name
        const char *btf_custom_path
    cdef struct bpf_iter_attach_opts:
        pass
    cdef struct bpf_uprobe_opts:
        size_t sz
        uint64_t bpf_cookie
    # types of callbacks to the letter: recent compilers refuse others, be they as large
    enum libbpf_print_level:
        pass
    ctypedef int (*libbpf_print_fn_t)(libbpf_print_level level, const char *format, va_list args) noexcept

    libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn)
    const char *libbpf_version_string()
    bpf_object *bpf_object__open_mem(const void *data, size_t size, const bpf_object_open_opts *opts)
    int bpf_object__load(bpf_object *object)
    void bpf_object__close(bpf_object *object)
    bpf_program *bpf_object__next_program(const bpf_object *object, bpf_program *previous)
    bpf_program *bpf_object__find_program_by_name(const bpf_object *object, const char *name)
    bpf_map *bpf_object__find_map_by_name(const bpf_object *object, const char *name)
    const char *bpf_program__name(const bpf_program *program)
    const char *bpf_program__section_name(const bpf_program *program)
    int bpf_program__set_autoload(bpf_program *program, bint autoload)
    int bpf_program__fd(const bpf_program *program)
    bpf_link *bpf_program__attach(const bpf_program *program)
    bpf_link *bpf_program__attach_cgroup(const bpf_program *program, int cgroup_fd)
    bpf_link *bpf_program__attach_uprobe_opts(const bpf_program *program, int pid, const char *path, size_t offset,
                                              const bpf_uprobe_opts *opts)
    bpf_link *bpf_program__attach_iter(const bpf_program *program, const bpf_iter_attach_opts *opts)
    int bpf_map__fd(const bpf_map *map)
    int bpf_map__set_max_entries(bpf_map *map, uint32_t entries)
    int bpf_map__set_value_size(bpf_map *map, uint32_t size)
    int bpf_map__set_autocreate(bpf_map *map, bint autocreate)
    int bpf_map__set_initial_value(bpf_map *map, const void *data, size_t size)
    int bpf_link__fd(const bpf_link *link)
    int bpf_link__destroy(bpf_link *link)
    int libbpf_num_possible_cpus()
    int libbpf_find_vmlinux_btf_id(const char *name, int attach_type)


    ctypedef void (*perf_buffer_sample_fn)(void *ctx, int cpu, void *data, uint32_t size) noexcept
    ctypedef void (*perf_buffer_lost_fn)(void *ctx, int cpu, unsigned long long count) noexcept
    perf_buffer *perf_buffer__new(int map_fd, size_t pages, perf_buffer_sample_fn sample, perf_buffer_lost_fn lost,
                                  void *ctx, const void *opts)
    void perf_buffer__free(perf_buffer *buffer)
    int perf_buffer__consume(perf_buffer *buffer)
    int perf_buffer__epoll_fd(const perf_buffer *buffer)

cdef extern from "<bpf/bpf.h>" nogil:
    cdef struct bpf_insn:
        pass
    cdef struct bpf_prog_load_opts:
        size_t sz
        int expected_attach_type
        uint32_t attach_btf_id
        uint32_t log_level
        uint32_t log_size
        char *log_buf
    cdef struct bpf_test_run_opts:
        size_t sz
        const void *data_in
        uint32_t data_size_in
        uint32_t retval
        uint32_t duration
        int repeat
    int bpf_prog_load(int kind, const char *name, const char *license, const bpf_insn *code, size_t count,
                      const bpf_prog_load_opts *opts)
    int bpf_prog_test_run_opts(int fd, bpf_test_run_opts *opts)
    int bpf_link_create(int prog_fd, int target_fd, int attach_type, const void *opts)
    int bpf_iter_create(int link_fd)
    int bpf_raw_tracepoint_open(const char *name, int prog_fd)
    int bpf_map_create(int kind, const char *name, uint32_t key_size, uint32_t value_size, uint32_t entries,
                       const void *opts)
    int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)
    int bpf_map_lookup_elem(int fd, const void *key, void *value)
    int bpf_map_delete_elem(int fd, const void *key)

cdef extern from "<bpf/btf.h>" nogil:
    cdef struct btf:
        pass
    cdef struct btf_type:
        uint32_t name_off
        uint32_t size
        uint32_t type       # of the same place as size; which of them it is depends on the kind
    cdef struct btf_array:
        uint32_t type
        uint32_t index_type
        uint32_t nelems
    cdef struct btf_member:
        uint32_t name_off
        uint32_t type
    enum:
        BTF_KIND_PTR
        BTF_KIND_ARRAY
        BTF_KIND_STRUCT
        BTF_KIND_UNION
        BTF_KIND_TYPEDEF
        BTF_KIND_VOLATILE
        BTF_KIND_CONST
        BTF_KIND_RESTRICT
        BTF_KIND_FUNC
        BTF_KIND_TYPE_TAG
        BTF_FUNC_GLOBAL
    btf *btf__load_vmlinux_btf()
    btf *btf__load_module_btf(const char *module, btf *vmlinux)
    btf *btf__parse(const char *path, void *base)
    void btf__free(btf *types)
    int btf__find_by_name_kind(const btf *types, const char *name, uint32_t kind)
    const btf_type *btf__type_by_id(const btf *types, uint32_t number)
    const char *btf__name_by_offset(const btf *types, uint32_t offset)
    int64_t btf__resolve_size(const btf *types, uint32_t number)
    int btf__resolve_type(const btf *types, uint32_t number)
    bint btf_is_composite(const btf_type *described)
    int btf_vlen(const btf_type *described)
    btf_member *btf_members(const btf_type *described)
    uint32_t btf_member_bit_offset(const btf_type *described, uint32_t index)
    uint32_t btf_member_bitfield_size(const btf_type *described, uint32_t index)
    btf_array *btf_array_of "btf_array"(const btf_type *described)
    uint32_t btf_kind(const btf_type *described)
    uint32_t btf__type_cnt(const btf *types)
    btf *btf__new_empty()
    const void *btf__raw_data(const btf *types, uint32_t *size)
    int btf__add_str(btf *types, const char *text)
    int btf__add_type(btf *types, const btf *source, const btf_type *described)
    int btf__add_ptr(btf *types, int to)
    int btf__add_array(btf *types, int index_type, int element_type, uint32_t elements)
    int btf__add_struct(btf *types, const char *name, uint32_t size)
    int btf__add_union(btf *types, const char *name, uint32_t size)
    int btf__add_field(btf *types, const char *name, int number, uint32_t bit_offset, uint32_t bit_size)
    int btf__add_typedef(btf *types, const char *name, int to)
    int btf__add_func_proto(btf *types, int returned)
    int btf__add_func(btf *types, const char *name, int linkage, int proto)

cdef extern from "<stdio.h>" nogil:
    int vsnprintf(char *to, size_t size, const char *format, va_list args)
