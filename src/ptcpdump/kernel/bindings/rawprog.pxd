# The part of libbpf's low-level API (bpf/bpf.h) that raw programs need.
from libc.stdint cimport uint8_t, uint32_t, uint64_t


cdef extern from "<bpf/bpf.h>" nogil:
    struct bpf_insn:
        pass

    struct bpf_prog_load_opts:
        size_t sz
        int expected_attach_type
        uint32_t attach_btf_id
        uint32_t log_level
        uint32_t log_size
        char *log_buf

    struct bpf_test_run_opts:
        size_t sz
        const void *data_in
        uint32_t data_size_in
        uint32_t retval
        uint32_t duration
        int repeat

    int bpf_prog_load(int type, const char *name, const char *license, const bpf_insn *instructions, size_t count,
                      const bpf_prog_load_opts *options)
    int bpf_prog_test_run_opts(int fd, bpf_test_run_opts *options)
    int bpf_map_create(int type, const char *name, uint32_t key_size, uint32_t value_size, uint32_t entries,
                       const void *options)
    int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)
    int bpf_map_lookup_elem(int fd, const void *key, void *value)
    int bpf_link_create(int prog_fd, int target, int attach_type, const void *options)
    int bpf_raw_tracepoint_open(const char *name, int prog_fd)


cdef extern from "<bpf/libbpf.h>" nogil:
    int libbpf_find_vmlinux_btf_id(const char *name, int attach_type)
