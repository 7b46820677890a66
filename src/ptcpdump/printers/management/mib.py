"""Names of object identifiers: what stands in MIB-II (RFC 1213) and in the SNMP modules (RFC 3411 to 3418)."""

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

# Trees that are named by a short prefix instead of their path
ABBREVIATIONS = (
    ((1, 3, 6, 1, 2, 1), ""),
    ((1, 3, 6, 1, 4, 1), "E:"),
    ((1, 3, 6, 1, 3), "X:"),
    ((1, 3, 6, 1, 6, 3), "S:"),
)

PATH = ("iso", "org", "dod", "internet")  # 1.3.6.1
INTERNET = {1: "directory", 2: "mgmt", 3: "experimental", 4: "private", 6: "snmpV2"}


def records(text: str) -> dict[str, list[str]]:
    """The words behind each name of a table above; a line that starts with a blank belongs to the one before."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.startswith(" "):
            lines[-1] += line
        else:
            lines.append(line)
    return {name: words.split() for name, words in (line.split(":") for line in lines)}


def objects() -> dict[tuple[int, ...], str]:
    """Names by path, from MIB-II's root on."""
    names: dict[tuple[int, ...], str] = {}
    entries = records(ENTRIES)
    for head, words in records(GROUPS).items():
        number, group = head.split()
        names[int(number),] = group
        for i, word in enumerate(words, 1):
            table, _, entry = word.partition("/")
            names[int(number), i] = table
            if entry:
                names[int(number), i, 1] = entry
                for column, name in enumerate(entries[entry], 1):
                    names[int(number), i, 1, column] = name
    return names


MIB = objects()


def decode(data: bytes) -> list[int]:
    """The numbers of an encoded identifier (X.690, section 8.19), each cut to 32 bits."""
    numbers: list[int] = []
    value = 0
    for byte in data:
        value = (value << 7 | byte & 0x7F) & 0xFFFFFFFF
        if byte & 0x80:
            continue
        if not numbers:
            numbers.append(min(value // 40, 2))
            value -= numbers[0] * 40
        numbers.append(value)
        value = 0
    return numbers


def oid_text(data: bytes, numeric: bool) -> str:
    """An object identifier in dotted form, with names unless `numeric`."""
    numbers = decode(data)
    if numeric:
        return "".join(f".{number}" for number in numbers)
    for root, prefix in ABBREVIATIONS:
        size = len(root)
        if len(data) > 2 and tuple(numbers[:size]) == root:
            rest = numbers[size:]
            words = mib_words(rest) if prefix == "" else [str(number) for number in rest]
            return prefix + ".".join(words)
    words = [str(number) for number in numbers]
    for i, (number, expected) in enumerate(zip(numbers, (1, 3, 6, 1), strict=False)):
        if number != expected:
            break
        words[i] = PATH[i]
    else:
        if len(numbers) > 4:
            words[4] = INTERNET.get(numbers[4], words[4])
    return "".join(f".{word}" for word in words)


def mib_words(numbers: list[int]) -> list[str]:
    """Names along a path below MIB-II as far as there are any, then numbers."""
    words: list[str] = []
    known = True
    for i, number in enumerate(numbers, 1):
        name = MIB.get(tuple(numbers[:i])) if known else None
        known = name is not None
        words.append(str(number) if name is None else name)
    return words
