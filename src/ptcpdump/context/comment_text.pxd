# From a context to the comments of a pcapng file.
from libc.stdint cimport uint16_t, uint32_t
from ptcpdump.buffer cimport Buffer


cpdef list comments(context)
cpdef str cut(str text, limit=*, escaped=*)
cpdef str exact(str text)
cpdef str mapping(values, Py_ssize_t most=*)
cpdef str joined(tuple words, Py_ssize_t limit)
cpdef str thread_comment(thread)
cpdef str container_comment(container, Py_ssize_t most=*)
cpdef str pod_comment(pod, Py_ssize_t most=*)
cpdef bytes encode_comments(texts)

# A pcapng option of at most 65535 bytes, in this machine's byte order, padded to 32 bits.
cdef void put_option(Buffer *b, uint16_t code, const void *value, uint32_t n) noexcept
