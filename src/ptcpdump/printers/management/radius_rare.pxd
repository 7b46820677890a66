# Forms of values of RADIUS attributes. They return False where a value ends before what must stand in it.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.dissection cimport Dissection

# Say that a value has not the length that its kind wants.
cdef bint wrong(Dissection *d, uint32_t length, const char *wanted) noexcept nogil
cdef bint form_vector(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil
cdef bint form_arap_password(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil
cdef bint form_arap_features(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil
cdef bint form_arap_challenge(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil
cdef bint form_operator(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil
cdef bint form_location(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil
cdef bint form_location_data(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil
cdef bint form_policy(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil
