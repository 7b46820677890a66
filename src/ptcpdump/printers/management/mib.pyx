"""Names of object identifiers: what stands in MIB-II (RFC 1213) and in the SNMP modules (RFC 3411 to 3418).

In Cython, as a message may consist of nothing but short identifiers.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.base.view cimport View

# A group of MIB-II: its number, its name, and its objects numbered from 1. A table's entry follows it with "/".
GROUPS = """
1 system: sysDescr sysObjectID sysUpTime sysContact sysName sysLocation sysServices
2 interfaces: ifNumber ifTable/ifEntry
4 ip: ipForwarding ipDefaultTTL ipInReceives ipInHdrErrors ipInAddrErrors ipForwDatagrams ipInUnknownProtos
 ipInDiscards ipInDelivers ipOutRequests ipOutDiscards ipOutNoRoutes ipReasmTimeout ipReasmReqds ipReasmOKs
 ipReasmFails ipFragOKs ipFragFails ipFragCreates ipAddrTable/ipAddrEntry ipRoutingTable/ipRouteEntry
 ipNetToMediaTable/ipNetToMediaEntry
5 icmp: icmpInMsgs icmpInErrors icmpInDestUnreachs icmpInTimeExcds icmpInParmProbs icmpInSrcQuenchs
 icmpInRedirects icmpInEchos icmpInEchoReps icmpInTimestamps icmpInTimestampReps icmpInAddrMasks
 icmpInAddrMaskReps icmpOutMsgs icmpOutErrors icmpOutDestUnreachs icmpOutTimeExcds icmpOutParmProbs
 icmpOutSrcQuenchs icmpOutRedirects icmpOutEchos icmpOutEchoReps icmpOutTimestamps icmpOutTimestampReps
 icmpOutAddrMasks icmpOutAddrMaskReps
6 tcp: tcpRtoAlgorithm tcpRtoMin tcpRtoMax tcpMaxConn tcpActiveOpens tcpPassiveOpens tcpAttemptFails
 tcpEstabResets tcpCurrEstab tcpInSegs tcpOutSegs tcpRetransSegs tcpConnTable/tcpConnEntry
7 udp: udpInDatagrams udpNoPorts udpInErrors udpOutDatagrams
8 egp: egpInMsgs egpInErrors egpOutMsgs egpOutErrors egpNeighTable/egpNeighEntry
10 transmission:
"""

ENTRIES = """
ifEntry: ifIndex ifDescr ifType ifMtu ifSpeed ifPhysAddress ifAdminStatus ifOperStatus ifLastChange ifInOctets
 ifInUcastPkts ifInNUcastPkts ifInDiscards ifInErrors ifInUnknownProtos ifOutOctets ifOutUcastPkts
 ifOutNUcastPkts ifOutDiscards ifOutErrors ifOutQLen ifSpecific
ipAddrEntry: ipAdEntAddr ipAdEntIfIndex ipAdEntNetMask ipAdEntBcastAddr
ipRouteEntry: ipRouteDest ipRouteIfIndex ipRouteMetric1 ipRouteMetric2 ipRouteMetric3 ipRouteMetric4
 ipRouteNextHop ipRouteType ipRouteProto ipRouteAge
ipNetToMediaEntry: ipNetToMediaIfIndex ipNetToMediaPhysAddress ipNetToMediaNetAddress ipNetToMediaType
tcpConnEntry: tcpConnState tcpConnLocalAddress tcpConnLocalPort tcpConnRemAddress tcpConnRemPort
egpNeighEntry: egpNeighState egpNeighAddr
"""


def records(text: str) -> dict[str, list[str]]:
    """The words behind each name of a table above; a line that starts with a blank belongs to the one before."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.startswith(" "):
            lines.append(lines.pop() + line)
        else:
            lines.append(line)
    return {name: words.split() for name, words in (line.split(":") for line in lines)}


def packed(*path: int) -> int:
    """A path of up to four numbers, each 1 to 255, as one number."""
    return sum(number << 24 - 8 * i for i, number in enumerate(path))


def objects() -> dict[int, bytes]:
    """Names by path, from MIB-II's root on."""
    texts: dict[int, bytes] = {}
    entries = records(ENTRIES)
    for head, words in records(GROUPS).items():
        number, group = head.split()
        texts[packed(int(number))] = group.encode()
        for i, word in enumerate(words, 1):
            table, _, entry = word.partition("/")
            texts[packed(int(number), i)] = table.encode()
            if entry:
                texts[packed(int(number), i, 1)] = entry.encode()
                for column, name in enumerate(entries[entry], 1):
                    texts[packed(int(number), i, 1, column)] = name.encode()
    return texts


cdef Names MIB = names(objects())
cdef Names INTERNET = names({1: b"directory", 2: b"mgmt", 3: b"experimental", 4: b"private", 6: b"snmpV2"})
cdef Names PATH = names({0: b"iso", 1: b"org", 2: b"dod", 3: b"internet"})     # 1.3.6.1


cdef struct Identifier:
    const uint8_t *at       # the next number
    const uint8_t *end
    uint32_t rest           # of the first one, which stands for two numbers
    uint32_t read           # how many numbers have been read


cdef inline bint next_number(Identifier *oid, uint32_t *number) noexcept nogil:
    """Read the next number (X.690, section 8.19), cut to 32 bits; False where there is none, or not all of it."""
    cdef uint32_t value = 0
    cdef uint8_t byte
    if oid.read == 1:
        oid.read = 2
        number[0] = oid.rest
        return True
    while oid.at < oid.end:
        byte = oid.at[0]
        oid.at += 1
        value = value << 7 | (byte & 0x7f)
        if byte & 0x80:
            continue
        if oid.read == 0:
            number[0] = min(value // 40, <uint32_t>2)
            oid.rest = value - 40 * number[0]
        else:
            number[0] = value
        oid.read += 1
        return True
    return False


cdef inline uint32_t begins(Identifier *oid) noexcept nogil:
    """How many numbers of 1.3.6.1 it begins with; only these are read if it is all four."""
    cdef uint32_t *internet = [1, 3, 6, 1]
    cdef Identifier ahead = oid[0]
    cdef uint32_t number = 0, i
    for i in range(4):
        if not next_number(&ahead, &number) or number != internet[i]:
            return i
    oid[0] = ahead
    return 4


cdef inline const char *short_root(Identifier *oid) noexcept nogil:
    """The prefix by which a tree below 1.3.6.1 is named instead of its path, which is read; NULL: it has none."""
    cdef Identifier ahead = oid[0]
    cdef uint32_t first = 0, second = 0
    if not next_number(&ahead, &first):
        return NULL
    if first == 3:
        oid[0] = ahead
        return b"X:"
    if not next_number(&ahead, &second):
        return NULL
    if first == 2 and second == 1 or first == 4 and second == 1 or first == 6 and second == 3:
        oid[0] = ahead
        return b"" if first == 2 else b"E:" if first == 4 else b"S:"
    return NULL


cdef void say_below(Dissection *d, Identifier *oid, bint mib) noexcept nogil:
    """The numbers that are left, with names along a path below MIB-II as far as there are any."""
    cdef uint32_t number = 0, path = 0
    cdef int shift = 24
    cdef bint first = True
    cdef const char *name
    while next_number(oid, &number):
        if not first:
            say_char(d, b'.')
        first = False
        name = NULL
        if mib and shift >= 0 and 0 < number < 256:
            path |= number << shift
            shift -= 8
            name = name_of(&MIB, path, NULL)
        mib = name != NULL
        if mib:
            say(d, name)
        else:
            say_dec(d, number)


cdef int say_identifier(View view, int64_t at, int64_t length) except -1:
    """Append the object identifier at an offset in dotted form, with names where they are wanted."""
    cdef Dissection *d = view.packet()
    cdef Identifier oid
    cdef uint32_t number = 0, known = 0, i
    cdef const char *name
    oid.at = view.at(at, length)
    oid.end = oid.at + length
    oid.rest = oid.read = 0
    if not d.opt.numeric:
        known = begins(&oid)
        name = short_root(&oid) if known == 4 else NULL
        if name != NULL:
            say(d, name)
            say_below(d, &oid, name[0] == 0)
            return 0
        for i in range(known):
            say_char(d, b'.')
            say(d, name_of(&PATH, i, b""))
            if known < 4:
                next_number(&oid, &number)
        if known == 4 and next_number(&oid, &number):
            say_char(d, b'.')
            say_named(d, &INTERNET, number, b"")
    while next_number(&oid, &number):
        say_char(d, b'.')
        say_dec(d, number)
    return 0
