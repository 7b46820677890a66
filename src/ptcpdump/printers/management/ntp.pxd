# Times of NTP.
from libc.stdint cimport int64_t, uint8_t
from ptcpdump.printers.base.dissection cimport Dissection

# 8 bytes; checked
cdef void say_time(Dissection *d, const uint8_t *p) noexcept nogil
