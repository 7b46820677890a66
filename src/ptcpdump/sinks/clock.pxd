# The clock by which savefiles take turns: one that setting the date does not move, and that counts suspended time, too.

cdef extern from "<time.h>" nogil:
    enum:
        CLOCK_BOOTTIME          # Linux 2.6.39, clock_gettime(2)
    ctypedef long time_t
    struct timespec:
        time_t tv_sec
        long tv_nsec
    int clock_gettime(int, timespec *)


# As rotation.now().
cdef inline double seconds_now() noexcept nogil:
    cdef timespec at
    clock_gettime(CLOCK_BOOTTIME, &at)
    return at.tv_sec + at.tv_nsec * 1e-9


# Whether a moment, in seconds of rotation.now(), has come; it never has where it is infinite.
cdef inline bint is_over(double deadline) noexcept nogil:
    return deadline <= 1e300 and seconds_now() >= deadline
