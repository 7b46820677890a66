"""Names of numbers, as data; see the declarations. Tables are made once, when a module is imported."""

from libc.stdlib cimport malloc

kept = []       # the texts that tables point to


cdef Name *rows_of(texts) except NULL:
    """A row for each (value, text), values of 32 bits, texts in bytes or in ASCII."""
    cdef Name *rows = <Name *>malloc(max(1, len(texts)) * sizeof(Name))
    cdef uint32_t i
    cdef bytes text
    if rows == NULL:
        raise MemoryError
    for i, (value, given) in enumerate(texts):
        text = given if isinstance(given, bytes) else given.encode("ascii")
        kept.append(text)
        rows[i].value = value
        rows[i].text = text
    return rows


cdef Names names(dict texts) except *:
    """A table from {value: text}."""
    cdef Names table
    table.rows = rows_of(sorted(texts.items()))
    table.count = len(texts)
    table.first = min(texts, default=0)
    table.dense = 0
    while table.dense < table.count and table.rows[table.dense].value == table.first + table.dense:
        table.dense += 1
    return table


cdef Bits bits(dict texts) except *:
    """A table of flags from {bit: text}."""
    cdef Bits table
    table.rows = rows_of(list(texts.items()))
    table.count = len(texts)
    return table
