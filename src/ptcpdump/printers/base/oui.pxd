# Organisations by the first three bytes of their addresses, those that tcpdump names.
from ptcpdump.printers.base.tables cimport Names

cdef Names OUIS
