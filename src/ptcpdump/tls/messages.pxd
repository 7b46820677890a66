from libc.stdint cimport uint64_t


cdef class Message:
    cdef public str protocol, text, method, host, path
    cdef public int status
    cdef public object size         # int, None where it is not known
    cdef public object after        # likewise
    cdef str escaped                # the line, once somebody has asked for it

    cpdef str line(self)
    cpdef str shown(self)


cdef class Chosen:
    cdef readonly str host, path


cpdef str url(str host, str path)

# Without a response's fields; the others are set where they are needed.
cdef Message new_message(str protocol, str text, str method, str host, str path)
