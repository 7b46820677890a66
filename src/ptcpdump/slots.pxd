# Filling instances of classes with __slots__, such as frozen records, without their __init__: that takes longer than
# reading what they hold, and a savefile may tell of another owner, or interface, with each of its blocks.
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF

cdef extern from "structmember.h":
    ctypedef struct PyMemberDef:
        Py_ssize_t offset

cdef extern from "Python.h":
    ctypedef struct PyMemberDescrObject:
        PyMemberDef *d_member
    object PyType_GenericAlloc(object cls, Py_ssize_t items)


# Where instances of a class have an attribute of its __slots__: descriptors of such attributes know (CPython 3.11 to 3.14).
cdef inline Py_ssize_t slot_of(cls, str name) except -1:
    descriptor = vars(cls)[name]
    if type(descriptor).__name__ != "member_descriptor":
        raise TypeError(f"{cls.__name__}.{name} is no slot")
    return (<PyMemberDescrObject *>descriptor).d_member.offset


# An instance whose slots are empty.
cdef inline object bare(cls):
    return PyType_GenericAlloc(cls, 0)


# Fill an empty slot.
cdef inline void fill(instance, Py_ssize_t slot, value) noexcept:
    Py_INCREF(value)
    (<PyObject **>(<char *><PyObject *>instance + slot))[0] = <PyObject *>value
