"""Records of model.py, made without their __init__, which takes longer than reading what they hold."""

from ptcpdump.context.model import Context, Process, program_name

cdef extern from "Python.h":
    int PyObject_GenericSetAttr(object instance, object name, object value) except -1


cdef object made_process(pid, str command, tuple args, bint truncated, str name, host_pid, bint outside, started,
                         tuple further):
    process = Process.__new__(Process)
    PyObject_GenericSetAttr(process, "pid", pid)
    PyObject_GenericSetAttr(process, "command", command)
    PyObject_GenericSetAttr(process, "args", args)
    PyObject_GenericSetAttr(process, "truncated", truncated)
    PyObject_GenericSetAttr(process, "start_time", 0)
    PyObject_GenericSetAttr(process, "name", name or program_name("", command, args))
    PyObject_GenericSetAttr(process, "host_pid", host_pid)
    PyObject_GenericSetAttr(process, "outside", outside)
    PyObject_GenericSetAttr(process, "started", started)
    PyObject_GenericSetAttr(process, "further", further)
    return process


cdef object made_context(process, thread, uid, parent, container, pod, found, str user):
    context = Context.__new__(Context)
    PyObject_GenericSetAttr(context, "process", process)
    PyObject_GenericSetAttr(context, "thread", thread)
    PyObject_GenericSetAttr(context, "uid", uid)
    PyObject_GenericSetAttr(context, "parent", parent)
    PyObject_GenericSetAttr(context, "container", container)
    PyObject_GenericSetAttr(context, "pod", pod)
    PyObject_GenericSetAttr(context, "found", found)
    PyObject_GenericSetAttr(context, "user", user)
    return context
