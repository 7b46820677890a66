"""Names of numbers, as data; see the declarations."""

from libc.stdlib cimport malloc

kept = []       # the texts that tables point to


cdef Names names(dict texts) except *:
    """A table from {value: text}, values of 32 bits. To be made once, when a module is imported."""
    cdef Names table
    cdef Name *rows = <Name *>malloc(max(1, len(texts)) * sizeof(Name))
    cdef bytes text
    if rows == NULL:
        raise MemoryError
    kept.append(texts)
    table.rows = rows
    table.first = min(texts, default=0)
    table.count = table.dense = 0
    for value in sorted(texts):
        text = texts[value]
        rows[table.count].value = value
        rows[table.count].text = text
        if value - table.first == table.count == table.dense:
            table.dense += 1
        table.count += 1
    return table
