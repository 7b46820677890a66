"""Opening a savefile of whatever format."""

from libc.stdint cimport uint8_t

from ptcpdump.sources.reader cimport SavefileReader
from ptcpdump.sources.stream cimport Stream

from ptcpdump.errors import SavefileError
from ptcpdump.sources.pcap import MAGICS, PcapReader
from ptcpdump.sources.pcapng import PcapngReader


def open_savefile(path, table, secrets=None, unpack_limit=None) -> SavefileReader:
    """Open a pcap or pcapng file, plain or compressed (sources.compression); "-" is standard input, which may be a pipe still being written.

    table: the run's interface table (ptcpdump.sources.rows.Rows). secrets(kind, bytes) is called for each decryption
    secrets block. unpack_limit: how many times as large a compressed file may get (None: 250, 0: any number); what
    goes beyond is refused while it is read. Raises SavefileError when the file can't be opened or is no savefile.
    """
    stream = Stream(path, unpack_limit)
    try:
        return reader_of(stream, table, secrets)
    except BaseException:
        stream.close()
        raise


cdef SavefileReader reader_of(Stream stream, table, secrets):
    cdef const uint8_t *p
    if not stream.wait(4):
        raise SavefileError(
            f"{stream.name}: {stream.damage or 'truncated dump file'}; tried to read 4 file header bytes, "
            f"only got {stream.ready()}")
    p = stream.here()
    magic = <bytes>p[:4]
    if magic == b"\x0a\x0d\x0d\x0a":
        return PcapngReader(stream, table, secrets)
    if magic in MAGICS or magic[::-1] in MAGICS:
        return PcapReader(stream, table)
    raise SavefileError(f"{stream.name}: unknown file format (it starts with {magic.hex()}); pcap and pcapng can be read")
