# Texts that are long, made once for all owners that share the part of a context that they tell of.

cdef enum:
    LONG = 512                  # what is shorter is made again as quickly as it is found

# Whether anything is.
cdef bint some_kept() noexcept

# What was made of this part for that purpose; None where that is not kept.
cpdef object made_before(part, str purpose)

# Keep what was made of a part that nobody changes, if it is long; size: its characters or bytes. Returns it.
cpdef object keep(part, str purpose, made, size_t size)
