"""What is told of an owner where each packet repeats it: text that can be encoded, and not more than this of it."""

import re

from ptcpdump.context.long_texts cimport keep, made_before

cdef enum:
    MAX_TEXT = 4096     # characters of a name or a path
    MAX_LINE = 16384    # of a command line
    MAX_WORDS = 512     # arguments as a list
    MAX_LABELS = 24576  # bytes of labels or annotations, as savefiles keep them (context/comment_text.pyx)
    WORD = 24           # bytes that one of a list takes beside its text

_SURROGATES = re.compile("[\ud800-\udfff]")


cpdef str plain(str text):
    """Text that can be encoded: a byte that was no UTF-8 (PEP 383) as `\\xHH`, a lone surrogate as `\\uHHHH`."""
    return text if text.isascii() else _SURROGATES.sub(_spelled, text)


def _spelled(match):
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


cdef class CommandLine:
    """Of a process, as much as is told."""


cdef CommandLine command_line(tuple args):
    cdef CommandLine line = made_before(args, "data")
    cdef list words = []
    cdef str word
    cdef Py_ssize_t room = MAX_LINE
    if line is not None:
        return line
    line = CommandLine.__new__(CommandLine)
    for word in args:
        line.cut = len(word) > room
        words.append(plain(word[:room]))
        room -= len(word) + 1
        if room < 0:
            break
    line.text = " ".join(words)
    line.cut = line.cut or len(words) < len(args) or len(words) > MAX_WORDS
    line.words = words[:MAX_WORDS]
    return keep(args, "data", line, len(line.text) + 8 * len(words))


cdef str shown(str text):
    return plain(text[:MAX_TEXT])


cdef dict bounded(labels):
    """Labels in order, as many as there is room for."""
    cdef dict kept = {}
    cdef size_t size = 0
    made = made_before(labels, "data")
    if made is not None:
        return made
    for key in sorted(labels):
        size += len(key.encode(errors="surrogatepass")) + len(labels[key].encode(errors="surrogatepass")) + 6
        if size > MAX_LABELS:
            break
        kept[plain(key)] = plain(labels[key])
    return keep(labels, "data", kept, size)


cdef list pairs(labels):
    cdef list made = made_before(labels, "pairs")
    cdef str key, value
    cdef size_t size = 0
    if made is None:
        made = [f"{key}:{value}" for key, value in bounded(labels).items()]
        for value in made:
            size += len(value)
        keep(labels, "pairs", made, size)
    return made


# --------------------------------------------------------------------------- as columns

cdef Weight weight_of(context):
    cdef Weight weight
    cdef CommandLine line
    weight.once = weight.each = 0
    if context is None:
        return weight
    for process in (context.process, context.parent):
        if process is not None:
            line = command_line(process.args)
            weight.once += len(line.text) + len(process.name) + len(process.command)
            weight.each += len(line.text) + WORD * len(line.words)
    if context.container is not None:
        weight.once += weight_of_labels(context.container.labels)
    if context.pod is not None:
        weight.each += weight_of_labels(context.pod.labels) + weight_of_labels(context.pod.annotations)
    weight.once += weight.each
    return weight


cdef uint32_t weight_of_labels(labels):
    cdef str label
    cdef uint32_t weight = 0
    for label in pairs(labels) if labels else ():
        weight += len(label) + WORD
    return weight
