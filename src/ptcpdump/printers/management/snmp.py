"""SNMP of version 1, 2c and 3 (RFC 1157, 3416, 3412, 3414)."""

from collections.abc import Callable

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named
from ptcpdump.printers.management.ber import (
    ADDRESS,
    INT,
    OID,
    PDU,
    SEQUENCE,
    STRING,
    UNSIGNED,
    Stop,
    expect,
    fail,
    octets,
    parse,
    print_bindings,
    show,
    string,
)

VERSIONS = {0: "SNMPv1", 1: "SNMPv2c", 3: "SNMPv3"}
GET, GET_NEXT, RESPONSE, SET, TRAP, GET_BULK, INFORM, TRAP2, REPORT = range(9)
READS = (GET, GET_NEXT, GET_BULK)
ZERO_ERROR = (GET, GET_NEXT, SET, INFORM, TRAP2, REPORT)  # PDUs whose error fields mean nothing
ENTERPRISE_SPECIFIC = 6
USM = 3

ERRORS = dict(enumerate(
    ("noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength",
     "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed",
     "undoFailed", "authorizationError", "notWritable", "inconsistentName")
))  # fmt: skip
GENERIC_TRAPS = dict(enumerate(
    ("coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss", "enterpriseSpecific")
))  # fmt: skip


def print_snmp(view: View) -> None:
    """A message from or to port 161 or 162, or by -T snmp."""
    view.protocol = "snmp"
    view.say(" ")
    attempt(print_message, view, 0, view.length)


def attempt(part: Callable[..., None], view: View, *args: int) -> None:
    """Print a part of the message; what stands around it is printed even if it stops early."""
    try:
        part(view, *args)
    except Stop:
        return


def verbose(view: View, text: str) -> None:
    """Text that -v adds."""
    if view.verbose:
        view.say(text)


def print_message(view: View, at: int, end: int) -> None:
    """Version, and the rest by it."""
    message = expect(view, at, end, SEQUENCE, "!init SEQ")
    if message.end < end:
        view.say(f"[{end - message.end} extra after iSEQ]")
    version = expect(view, message.at, message.end, INT, "version!=INT")
    if version.value not in VERSIONS:
        raise fail(view, f"SNMP [version = {version.value}]")
    verbose(view, f"{{ {VERSIONS[version.value]} ")
    if version.value == 3:
        attempt(print_v3, view, version.end, message.end)
    else:
        attempt(print_community, view, version.end, message.end, version.value)
    verbose(view, "} ")


def print_community(view: View, at: int, end: int, version: int) -> None:
    """The community unless it is "public", and the PDU."""
    community = expect(view, at, end, STRING, "comm!=STR")
    if view.bytes(community.at, community.length) != b"public":
        view.say("C=")
        string(view, community)
        view.say(" ")
    print_pdu(view, community.end, end, version)


def print_pdu(view: View, at: int, end: int, version: int) -> None:
    """One PDU of any kind."""
    pdu = parse(view, at, end)
    if pdu.kind != PDU:
        raise fail(view, "[no PDU]")
    if pdu.end < end:
        view.say(f"[{end - pdu.end} extra after PDU]")
    verbose(view, "{ ")
    show(view, pdu)
    view.say(" ")
    if version == 0 and pdu.tag in (GET_BULK, INFORM, TRAP2, REPORT):
        raise fail(view, "[v2 PDU in v1 message]")
    if version == 1 and pdu.tag == TRAP:
        raise fail(view, "[v1 PDU in v2 message]")
    if pdu.tag == TRAP:
        attempt(print_trap, view, pdu.at, pdu.end)
    else:
        attempt(print_request, view, pdu.at, pdu.end, pdu.tag)
    verbose(view, " } ")


def print_request(view: View, at: int, end: int, kind: int) -> None:
    """Any PDU but the trap of version 1: request-id, error status and index, variables."""
    request = expect(view, at, end, INT, "reqId!=INT")
    verbose(view, f"R={request.value} ")
    status = expect(view, request.end, end, INT, "errorStatus!=INT")
    word = named(ERRORS, status.value, "err={}")
    failed = False
    if kind in ZERO_ERROR and status.value:
        view.say(f"[errorStatus({word})!=0]")
    elif kind == GET_BULK:
        view.say(f" N={status.value}")
    elif status.value:
        view.say(f" {word}")
        failed = True
    index = expect(view, status.end, end, INT, "errorIndex!=INT")
    if kind in ZERO_ERROR and index.value:
        view.say(f"[errorIndex({index.value})!=0]")
    elif kind == GET_BULK:
        view.say(f" M={index.value}")
    elif index.value:
        view.say(f"@{index.value}" if failed else f"[errorIndex({index.value}) w/o errorStatus]")
    elif failed:
        view.say("[errorIndex==0]")
    print_variables(view, index.end, end, kind)


def print_trap(view: View, at: int, end: int) -> None:
    """The trap of version 1 (RFC 1157, section 4.1.6)."""
    view.say(" ")
    enterprise = expect(view, at, end, OID, "enterprise!=OID")
    show(view, enterprise)
    view.say(" ")
    agent = expect(view, enterprise.end, end, ADDRESS, "agent-addr!=INETADDR")
    show(view, agent)
    generic = expect(view, agent.end, end, INT, "generic-trap!=INT")
    view.say(f" {named(GENERIC_TRAPS, generic.value, 'gt={}')}")
    specific = expect(view, generic.end, end, INT, "specific-trap!=INT")
    if generic.value == ENTERPRISE_SPECIFIC:
        view.say(f" s={specific.value}")
    elif specific.value:
        view.say(f"[specific-trap({specific.value})!=0]")
    view.say(" ")
    ticks = expect(view, specific.end, end, UNSIGNED, "time-stamp!=TIMETICKS")
    show(view, ticks)
    print_variables(view, ticks.end, end, TRAP)


def print_variables(view: View, at: int, end: int, kind: int) -> None:
    """Names and, where the PDU carries them, values."""
    bindings = expect(view, at, end, SEQUENCE, "!SEQ of varbind")
    if bindings.end < end:
        view.say(f"[{end - bindings.end} extra after SEQ of varbind]")
    print_bindings(view, bindings.at, bindings.end, kind in READS)


def print_v3(view: View, at: int, end: int) -> None:
    """Header, security parameters and scoped PDU of version 3 (RFC 3412, section 6)."""
    header = expect(view, at, end, SEQUENCE, "!message")
    verbose(view, "{ ")
    message_id = expect(view, header.at, header.end, INT, "msgID!=INT")
    size = expect(view, message_id.end, header.end, INT, "msgMaxSize!=INT")
    flags = expect(view, size.end, header.end, STRING, "msgFlags!=STR")
    if flags.length != 1:
        raise fail(view, f"[msgFlags size {flags.length}]")
    bits = view.u8(flags.at)
    if bits not in (0, 1, 3, 4, 5, 7):
        raise fail(view, f"[msgFlags=0x{bits:02X}]")
    view.say("F=" + "".join(name for bit, name in ((1, "a"), (2, "p"), (4, "r")) if bits & bit) + " ")
    model = expect(view, flags.end, header.end, INT, "msgSecurityModel!=INT")
    if model.end < header.end:
        view.say(f"[{header.end - model.end} extra after message SEQ]")
    verbose(view, "} ")
    if model.value != USM:
        raise fail(view, f"[security model {model.value}]")
    verbose(view, "{ USM ")
    parameters = expect(view, header.end, end, STRING, "msgSecurityParameters!=STR")
    attempt(print_usm, view, parameters.at, parameters.end)
    verbose(view, "} ")
    verbose(view, "{ ScopedPDU ")
    attempt(print_scoped, view, parameters.end, end)
    verbose(view, "} ")


def print_usm(view: View, at: int, end: int) -> None:
    """Parameters of the user-based security model (RFC 3414, section 2.4)."""
    usm = expect(view, at, end, SEQUENCE, "!usm")
    engine = expect(view, usm.at, usm.end, STRING, "msgAuthoritativeEngineID!=STR")
    boots = expect(view, engine.end, usm.end, INT, "msgAuthoritativeEngineBoots!=INT")
    verbose(view, f"B={boots.value} ")
    time = expect(view, boots.end, usm.end, INT, "msgAuthoritativeEngineTime!=INT")
    verbose(view, f"T={time.value} ")
    user = expect(view, time.end, usm.end, STRING, "msgUserName!=STR")
    view.say("U=")
    string(view, user)
    view.say(" ")
    authentication = expect(view, user.end, usm.end, STRING, "msgAuthenticationParameters!=STR")
    privacy = expect(view, authentication.end, usm.end, STRING, "msgPrivacyParameters!=STR")
    if privacy.end < usm.end:
        view.say(f"[{usm.end - privacy.end} extra after usm SEQ]")


def print_scoped(view: View, at: int, end: int) -> None:
    """Context and PDU; encrypted ones can't be read."""
    scope = expect(view, at, end, SEQUENCE, "!scoped PDU")
    engine = expect(view, scope.at, scope.end, STRING, "contextEngineID!=STR")
    view.say("E=")
    octets(view, engine)
    name = expect(view, engine.end, scope.end, STRING, "contextName!=STR")
    view.say(" C=")
    string(view, name)
    view.say(" ")
    print_pdu(view, name.end, scope.end, 3)
