"""Opening a savefile of whatever format, and passing its packets on."""

from typing import NamedTuple

from libc.stdint cimport uint8_t, uint64_t

from ptcpdump.context.text_cache cimport ContextCache
from ptcpdump.packet cimport Packet
from ptcpdump.sinks.sink cimport Sink
from ptcpdump.filters.packet_filter cimport PacketFilter
from ptcpdump.sources.pcap cimport PcapReader
from ptcpdump.sources.pcapng cimport PcapngReader
from ptcpdump.sources.reader cimport SavefileReader
from ptcpdump.sources.stream cimport Stream

from ptcpdump.context.render import Renderer
from ptcpdump.errors import SavefileError
from ptcpdump.sources.pcap import MAGICS


class Counts(NamedTuple):
    """What pump() saw: packets in the file, those that the filters let pass, those handed to the sink."""

    read: int
    matched: int
    passed: int


def open_savefile(path, *, renderer=None, wanted=None) -> SavefileReader:
    """Open a pcap or pcapng file, plain or gzip'ed; "-" is standard input, which may be a pipe still being written.

    renderer: how contexts in packet comments become text (default: all parts). wanted(Context or None): the owner
    filter. Raises SavefileError when the file can't be opened or is no savefile.
    """
    stream = Stream(path)
    try:
        return reader_of(stream, renderer or Renderer(), wanted)
    except BaseException:
        stream.close()
        raise


cdef SavefileReader reader_of(Stream stream, renderer, wanted):
    cdef const uint8_t *p
    cdef ContextCache contexts
    cdef PcapngReader reader
    if not stream.wait(4):
        raise SavefileError(
            f"{stream.name}: {stream.damage or 'truncated dump file'}; tried to read 4 file header bytes, "
            f"only got {stream.ready()}")
    p = stream.here()
    magic = <bytes>p[:4]
    if magic == b"\x0a\x0d\x0d\x0a":
        contexts = ContextCache(None, renderer, wanted)
        reader = PcapngReader(stream, contexts)
        contexts.resolve = reader.resolve
        return reader
    if magic in MAGICS or magic[::-1] in MAGICS:
        return PcapReader(stream)
    raise SavefileError(f"{stream.name}: unknown file format (it starts with {magic.hex()}); pcap and pcapng can be read")


def pump(SavefileReader reader not None, Sink sink not None, *, PacketFilter filter=None, uint64_t skip=0,
         uint64_t count=0, bint owners=False) -> Counts:
    """Pass a file's packets on until its end.

    filter: only packets that match. owners: only packets whose owner the reader's `wanted` lets pass. skip: leave out
    so many of those. count: stop after so many more; 0 for no limit. Interfaces and secrets are announced to the sink
    as they come. Raises what reader and sink raise; what came before has then been handed over.
    """
    cdef Packet packet
    cdef uint64_t read = 0, matched = 0, passed = 0
    reader.stream.idle = sink
    packet.stays = False
    try:
        with nogil:
            while (count == 0 or passed < count) and reader.next(&packet):
                read += 1
                if reader.news:
                    with gil:
                        reader.announce(sink)
                if owners and (packet.context == NULL or not packet.context.wanted):
                    continue
                if filter is not None and not filter.matches(&packet):
                    continue
                matched += 1
                if matched <= skip:
                    continue
                sink.packet(&packet)
                passed += 1
        reader.announce(sink)
    except SavefileError:
        sink.flush()        # what came before the damage is shown before anybody speaks of it
        raise
    finally:
        reader.stream.idle = None
    sink.flush()
    return Counts(read, matched, passed)
