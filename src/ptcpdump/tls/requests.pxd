from ptcpdump.tls.messages cimport Message


cdef class Request:
    cdef str protocol, method, host, path
    cdef object asked               # when, in ns
    cdef int status
    cdef bint told                  # the size of the response has been told with its headers
    cdef object size                # bytes of the response's body so far


cdef class Requests:
    cdef str protocol
    cdef object known

    cpdef list headers(self, bint server, long long stream, dict fields, time, bint last=*)
    cpdef body(self, long long stream, size)
    cpdef list end(self, long long stream, time)
    cpdef drop(self, long long stream)
    cdef Message ask(self, long long stream, dict fields, time)
