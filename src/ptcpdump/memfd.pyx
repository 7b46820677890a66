"""Files in memory: os.memfd_create(), which a Python that was built for a C library before glibc 2.27 has not.

Such are the bundle's, and those that uv installs.
"""

import os

from libc.errno cimport errno

cdef extern from *:
    """
    #include <sys/syscall.h>
    #include <unistd.h>
    #ifndef MFD_CLOEXEC     /* sys/mman.h has it from glibc 2.27 on */
    #define MFD_CLOEXEC 1U
    #endif
    """
    const long SYS_memfd_create
    const unsigned int MFD_CLOEXEC
    long syscall(long number, ...)


def memory_file(str name):
    cdef bytes text = name.encode()
    cdef long descriptor = syscall(SYS_memfd_create, <const char *>text, MFD_CLOEXEC)
    if descriptor < 0:
        raise OSError(errno, os.strerror(errno))
    return descriptor
