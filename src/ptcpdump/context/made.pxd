# Records of model.py, made without their __init__: a savefile may tell of another process with each packet.

# name: "" for what the path and the arguments tell.
cdef object made_process(pid, str command, tuple args, bint truncated, str name, host_pid, bint outside, started,
                         tuple further)
cdef object made_context(process, thread, uid, parent, container, pod, found, str user)
