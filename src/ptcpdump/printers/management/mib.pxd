# Object identifiers as text.
from libc.stdint cimport int64_t
from ptcpdump.printers.base.view cimport View

cdef int say_identifier(View view, int64_t at, int64_t length) except -1
