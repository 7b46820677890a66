"""Records of model.py, made without their __init__: see slots.pxd."""

from ptcpdump.slots cimport bare, fill, slot_of

from ptcpdump.context.model import Context, Process, program_name

cdef Py_ssize_t PROCESS_PID = slot_of(Process, "pid")
cdef Py_ssize_t PROCESS_COMMAND = slot_of(Process, "command")
cdef Py_ssize_t PROCESS_ARGS = slot_of(Process, "args")
cdef Py_ssize_t PROCESS_TRUNCATED = slot_of(Process, "truncated")
cdef Py_ssize_t PROCESS_START_TIME = slot_of(Process, "start_time")
cdef Py_ssize_t PROCESS_NAME = slot_of(Process, "name")
cdef Py_ssize_t PROCESS_HOST_PID = slot_of(Process, "host_pid")
cdef Py_ssize_t PROCESS_OUTSIDE = slot_of(Process, "outside")
cdef Py_ssize_t PROCESS_STARTED = slot_of(Process, "started")
cdef Py_ssize_t PROCESS_FURTHER = slot_of(Process, "further")

cdef Py_ssize_t CONTEXT_PROCESS = slot_of(Context, "process")
cdef Py_ssize_t CONTEXT_THREAD = slot_of(Context, "thread")
cdef Py_ssize_t CONTEXT_UID = slot_of(Context, "uid")
cdef Py_ssize_t CONTEXT_PARENT = slot_of(Context, "parent")
cdef Py_ssize_t CONTEXT_CONTAINER = slot_of(Context, "container")
cdef Py_ssize_t CONTEXT_POD = slot_of(Context, "pod")
cdef Py_ssize_t CONTEXT_FOUND = slot_of(Context, "found")
cdef Py_ssize_t CONTEXT_USER = slot_of(Context, "user")


cdef object made_process(pid, str command, tuple args, bint truncated, str name, host_pid, bint outside, started,
                         tuple further):
    process = bare(Process)
    fill(process, PROCESS_PID, pid)
    fill(process, PROCESS_COMMAND, command)
    fill(process, PROCESS_ARGS, args)
    fill(process, PROCESS_TRUNCATED, truncated)
    fill(process, PROCESS_START_TIME, 0)
    if not name and (command or args):
        name = program_name("", command, args)
    fill(process, PROCESS_NAME, name)
    fill(process, PROCESS_HOST_PID, host_pid)
    fill(process, PROCESS_OUTSIDE, outside)
    fill(process, PROCESS_STARTED, started)
    fill(process, PROCESS_FURTHER, further)
    return process


cdef object made_context(process, thread, uid, parent, container, pod, found, str user):
    context = bare(Context)
    fill(context, CONTEXT_PROCESS, process)
    fill(context, CONTEXT_THREAD, thread)
    fill(context, CONTEXT_UID, uid)
    fill(context, CONTEXT_PARENT, parent)
    fill(context, CONTEXT_CONTAINER, container)
    fill(context, CONTEXT_POD, pod)
    fill(context, CONTEXT_FOUND, found)
    fill(context, CONTEXT_USER, user)
    return context
