# Names of EtherTypes as tcpdump prints them (numbers: IEEE registration authority, ieee-802-numbers of IANA).
from ptcpdump.printers.base.tables cimport Names

cdef Names ETHERTYPES
