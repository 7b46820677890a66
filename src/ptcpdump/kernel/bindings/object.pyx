"""The BPF object and its links, on libbpf. Errors leave as typed exceptions that name the program and the cause."""

import errno
import os
import re

from libc.string cimport memset
from ptcpdump.kernel.bindings.libbpf cimport *

from ptcpdump.errors import PrivilegeError, PtcpdumpError, UnsupportedError

cdef extern from *:
    """
    #include <stdlib.h>
    #ifdef __GLIBC__
    #include <malloc.h>

    /* malloc_trim(3) leaves the end of a thread's heap, which goes back when something large in it is freed and it is
     * larger than M_TRIM_THRESHOLD. */
    static void trim_heaps(void)
    {
        void *volatile large;       /* or the compiler leaves it out */

        mallopt(M_TRIM_THRESHOLD, 1 << 16);
        large = malloc(100000);
        free(large);
        malloc_trim(0);
        mallopt(M_TRIM_THRESHOLD, 8 << 20);
    }
    #else
    static void trim_heaps(void) {}     /* musl gives free pages back by itself */
    #endif
    """
    void trim_heaps() noexcept nogil


_log = []                           # what libbpf said during the call under way


cdef int collect(libbpf_print_level level, const char *format, va_list args) noexcept with gil:
    cdef va_list again
    va_copy(again, args)
    cdef int size = vsnprintf(NULL, 0, format, again)   # a verifier's log may be megabytes long
    va_end(again)
    cdef bytearray line = bytearray(size + 1)
    vsnprintf(<char *>line, size + 1, format, args)
    _log.append((<int>level, line[:size].decode(errors="replace").rstrip()))
    return 0


libbpf_set_print(collect)


def library_version() -> str:
    """Version of libbpf, such as "1.1"."""
    return libbpf_version_string().decode().lstrip("v")


def give_memory_back() -> None:
    """Give what free(3) has kept back to the kernel; call it in the thread that has loaded. libbpf needs some 10 MiB, but
    only for that."""
    with nogil:
        trim_heaps()


def possible_cpus() -> int:
    """How many CPUs the kernel may ever bring up: the size of per-CPU things."""
    return libbpf_num_possible_cpus()


class LoadError(UnsupportedError):
    """The kernel refused the object. `program` names the culprit where known, `log` holds all that was said."""

    def __init__(self, message, program=None, log=""):
        super().__init__(message)
        self.program = program
        self.log = log


cdef class Link:
    """An attached program. The kernel detaches it when this is closed or the process ends, however it ends."""

    cdef bpf_link *handle

    def fileno(self) -> int:
        """The link's file descriptor; -1 once it is closed."""
        return bpf_link__fd(self.handle) if self.handle != NULL else -1

    def close(self) -> None:
        """Detach; a second call does nothing."""
        if self.handle != NULL:
            bpf_link__destroy(self.handle)
            self.handle = NULL

    def __dealloc__(self):
        self.close()


cdef class Object:
    """The BPF object: opened, adjusted, loaded, its programs attached."""

    cdef bpf_object *handle
    cdef bytes image

    def __cinit__(self, bytes image, btf_path=None):
        cdef bpf_object_open_opts opts
        cdef bytes path = os.fsencode(btf_path) if btf_path else b""
        memset(&opts, 0, sizeof(opts))
        opts.sz = sizeof(opts)
        opts.object_name = b"ptcpdump"
        if btf_path:
            opts.btf_custom_path = path
        self.image = image
        _log.clear()
        self.handle = bpf_object__open_mem(<const char *>image, len(image), &opts)
        if self.handle == NULL:
            raise LoadError(f"can't open the BPF object: {last_words()}", log=whole_log())

    def __dealloc__(self):
        self.close()

    def close(self) -> None:
        """Free programs and maps; links that are still open keep theirs alive."""
        if self.handle != NULL:
            bpf_object__close(self.handle)
            self.handle = NULL

    def programs(self) -> dict[str, str]:
        """Program names with their sections."""
        cdef bpf_program *program = NULL
        found = {}
        while True:
            program = bpf_object__next_program(self.handle, program)
            if program == NULL:
                return found
            found[bpf_program__name(program).decode()] = bpf_program__section_name(program).decode()

    def autoload(self, str name, bint wanted) -> None:
        """Whether load() takes this program along."""
        bpf_program__set_autoload(self.program(name), wanted)

    def configure(self, str section, bytes data) -> None:
        """Fill a read-only data section before load()."""
        check(bpf_map__set_initial_value(self.map(section), <const char *>data, len(data)), f"set {section}")

    def resize(self, str name, max_entries=None, value_size=None) -> None:
        """Change a map's size before load()."""
        if max_entries is not None:
            check(bpf_map__set_max_entries(self.map(name), max_entries), f"size of map {name}")
        if value_size is not None:
            check(bpf_map__set_value_size(self.map(name), value_size), f"value size of map {name}")

    def leave_out(self, str name) -> None:
        """Do not create this map: the code that uses it is dead in this run."""
        bpf_map__set_autocreate(self.map(name), False)

    def load(self) -> None:
        """Relocate, verify and load. Raises LoadError with the program that the kernel refused.

        Other threads run meanwhile; they may not use libbpf.
        """
        _log.clear()
        cdef int error
        with nogil:
            error = bpf_object__load(self.handle)
        if not error:
            self.image = None       # libbpf has what it needs of it
            return
        if -error in (errno.EPERM, errno.EACCES) and not os.geteuid() == 0:
            raise PrivilegeError("loading BPF programs needs root (CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON)")
        culprit = re.search(r"prog '(\w+)': (?:BPF program load failed|failed to)", whole_log())
        name = culprit.group(1) if culprit else None
        raise LoadError(f"the kernel refuses {'program ' + name if name else 'the BPF object'}: {last_words()} "
                        f"({os.strerror(-error)})", program=name, log=whole_log())

    def map_fd(self, str name) -> int:
        """File descriptor of a map, owned by the object."""
        return bpf_map__fd(self.map(name))

    def program_fd(self, str name) -> int:
        """File descriptor of a loaded program, owned by the object."""
        return bpf_program__fd(self.program(name))

    def attach(self, str name, cgroup_fd=None) -> Link:
        """Attach a program where its section says, for cgroup programs to this cgroup."""
        cdef Link link = Link()
        cdef int fd
        _log.clear()
        if cgroup_fd is None:
            link.handle = bpf_program__attach(self.program(name))
        else:
            fd = cgroup_fd
            link.handle = bpf_program__attach_cgroup(self.program(name), fd)
        if link.handle == NULL:
            raise UnsupportedError(f"can't attach {name}: {last_words()}")
        return link

    def attach_uprobe(self, str name, str path, size_t offset, uint64_t cookie=0) -> Link:
        """Attach a program to all that execute the byte at this offset of a file, now or later."""
        cdef Link link = Link()
        cdef bpf_uprobe_opts opts
        memset(&opts, 0, sizeof(opts))
        opts.sz = sizeof(opts)
        opts.bpf_cookie = cookie
        _log.clear()
        link.handle = bpf_program__attach_uprobe_opts(self.program(name), -1, os.fsencode(path), offset, &opts)
        if link.handle == NULL:
            raise UnsupportedError(f"can't attach {name}: {last_words()}")
        return link

    def run_iterator(self, str name) -> None:
        """Run an iterator program over all its objects once."""
        cdef bpf_link *link = bpf_program__attach_iter(self.program(name), NULL)
        if link == NULL:
            raise UnsupportedError(f"can't attach iterator {name}: {last_words()}")
        cdef int fd = bpf_iter_create(bpf_link__fd(link))
        try:
            if fd < 0:
                raise UnsupportedError(f"can't run iterator {name}: {os.strerror(-fd)}")
            while os.read(fd, 65536):
                pass
        finally:
            if fd >= 0:
                os.close(fd)
            bpf_link__destroy(link)

    cdef bpf_program *program(self, str name) except NULL:
        if self.handle == NULL:
            raise ValueError("the BPF object is closed")
        cdef bpf_program *found = bpf_object__find_program_by_name(self.handle, name.encode())
        if found == NULL:
            raise KeyError(name)
        return found

    cdef bpf_map *map(self, str name) except NULL:
        if self.handle == NULL:
            raise ValueError("the BPF object is closed")
        cdef bpf_map *found = bpf_object__find_map_by_name(self.handle, name.encode())
        if found == NULL:
            raise KeyError(name)
        return found


def try_program(int kind, int attach_type, int function_id) -> str:
    """Load a program that does nothing; the kernel's reason when it refuses, else "". A probe: nothing is attached."""
    cdef uint64_t[2] code
    cdef bpf_prog_load_opts opts
    code[0] = 0xb7      # r0 = 0
    code[1] = 0x95      # exit
    memset(&opts, 0, sizeof(opts))
    opts.sz = sizeof(opts)
    opts.expected_attach_type = attach_type
    opts.attach_btf_id = function_id
    cdef int fd = bpf_prog_load(kind, b"ptcpdump_probe", b"GPL", <const bpf_insn *>code, 2, &opts)
    if fd < 0:
        return os.strerror(-fd)
    os.close(fd)
    return ""


cdef object check(int error, what):
    if error:
        raise PtcpdumpError(f"can't {what}: {os.strerror(-error)}")


def whole_log() -> str:
    return "\n".join(line for _, line in _log)


# The kernel's own error for what it, or the machine, has no way to do. No C library has a text for it, so libbpf says this.
_NOTSUPP = "ERROR: strerror_r(-524)=22"


def last_words() -> str:
    """The most telling line of libbpf's log."""
    warnings = [line for level, line in _log if level == 0 and "Retrying without BTF" not in line]
    said = warnings[0].removeprefix("libbpf: ") if warnings else "no reason given"
    return said.replace(_NOTSUPP, "this kernel can't (ENOTSUPP)")
