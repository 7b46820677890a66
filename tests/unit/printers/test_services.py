"""Services over UDP: payloads in, tcpdump's text out. The golden captures hold whole packets of them."""

import struct

import pytest

from ptcpdump.printers.base import calling, core, families

families.load()
FIRST_FREE = 147  # LINKTYPE_USER0: 16 link types for private use
TARGETS = (
    "routing.bfd:print_bfd", "management.dhcp6:print_dhcp6", "management.dhcp:print_bootp",
    "application.isakmp:print_isakmp", "tunnels.l2tp:print_l2tp", "management.radius:print_radius",
    "routing.rip:print_rip", "routing.rip:print_ripng", "management.snmp:print_snmp",
    "application.someip:print_someip", "management.syslog:print_syslog", "application.tftp:print_tftp",
    "application.zephyr:print_zephyr", "management.ptp:print_ptp", "application.kerberos:print_kerberos",
)  # fmt: skip
LINKTYPES = {target: FIRST_FREE + i for i, target in enumerate(TARGETS)}
for target, linktype in LINKTYPES.items():
    calling.register("linktype", linktype, f"ptcpdump.printers.{target}")


def text(target, payload, verbose=0, captured=None):
    """What a printer makes of a payload, of which `captured` bytes were captured."""
    whole = bytes.fromhex(payload) if isinstance(payload, str) else payload
    kept = whole if captured is None else whole[:captured]
    return core.render(kept, LINKTYPES[target], len(whole), verbose=verbose).decode()


AVPS = ("c00200c7000100028008000000000102800c000000010102030405068009000000010102038008000000020102800a000000"
        "0301020304800e000000050102030405060708800900000007010203800a0000000c0102030480070000000d018008000000"
        "14010280080000001d010280080000002001028020000000220102030405060708090a0b0c0d0e0f10111213141516171819"
        "1a800e000000230102030405060708800c0000002e01020304050680070000006301400700000007610008000900076162")
AVPS_TEXT = (" l2tp:[TL](1/2) *MSGTYPE(MSGTYPE-#258) *RESULT_CODE(258/772 ^E^F) *RESULT_CODE(258 AVP too short) *P"
             "ROTO_VER(1.2) *FRAMING_CAP() *TIE_BREAKER(0102030405060708) *HOST_NAME(^A^B^C) *Q931_CC(258, 03 ^D) "
             "*CHALLENGE_RESP(AVP too short) *PACKET_PROC_DELAY(obsolete) *PROXY_AUTH_TYPE(AuthType-#258) *PROXY_A"
             "UTH_ID(2) *CALL_ERRORS(CRCErr=50595078 FrameErr=117967114 HardOver=185339150 BufOver=252711186 Timeo"
             "ut=320083222 AlignErr=387455258 ) *ACCM(send=03040506 AVP too short) *PPP_DISCON_CC(0102, 0304 Direc"
             "tion-#5 ^F) *AVP-#99() ?HOST_NAME(???) VENDOR0009:ATTR0007(6162)")
RADIUS = "01070019" + "00" * 16 + "1a05616263"
SNMP_GET = "302602010004067075626c6963a019020101020100020100300e300c06082b060102010101000500"
EXPECTED = [
    ("application.tftp:print_tftp", b"\0\1file\0octet\0".hex(), 0, 'TFTP, length 13, RRQ "file" octet'),
    ("application.tftp:print_tftp", b"\0\3\0\5data".hex(), 0, "TFTP, length 8, DATA block 5"),
    ("application.tftp:print_tftp", b"\0\5\0\1no\0".hex(), 0, 'TFTP, length 7, ERROR ENOTFOUND "no"'),
    ("application.tftp:print_tftp", b"\0\6a\0b\0".hex(), 0, "TFTP, length 6, OACK a b"),
    ("application.tftp:print_tftp", b"\0\1abc".hex(), 0, 'TFTP, length 5, RRQ "abc" [|tftp]'),
    ("management.syslog:print_syslog", b"<34>su: x".hex(), 0, "SYSLOG auth.critical, length: 9"),
    ("management.syslog:print_syslog", b"<191>\x01".hex(), 1,
     "SYSLOG, length: 6\n\tFacility local7 (23), Severity debug (7)\n\tMsg: ^A"),
    ("management.syslog:print_syslog", b"hello".hex(), 0, " (invalid)"),
    ("management.snmp:print_snmp", SNMP_GET, 0, " GetRequest(25)  .1.3.6.1.2.1.1.1.0"),
    ("management.snmp:print_snmp", SNMP_GET, 1, " { SNMPv1 { GetRequest(25) R=1  .1.3.6.1.2.1.1.1.0 } } "),
    ("management.snmp:print_snmp", "020105", 0, " [!init SEQ]5"),
    ("management.snmp:print_snmp", "3080", 0, " [nothing to parse]"),
    ("management.radius:print_radius", RADIUS, 0, "RADIUS, Access-Request (1), id: 0x07 length: 25"),
    ("routing.rip:print_rip", "0202000000020000", 0, "RIPv2, Response, length: 8"),
    ("routing.rip:print_rip", "0203", 0, "RIP [packet length 2 < 4] (invalid)"),
    ("routing.rip:print_ripng", "01010000" + "00" * 19 + "10", 0, " ripng-req dump"),
    ("tunnels.l2tp:print_l2tp", "c802000c0001000200030004", 0, " l2tp:[TLS](1/2)Ns=3,Nr=4 ZLB"),
    ("tunnels.l2tp:print_l2tp", AVPS, 0, AVPS_TEXT),
    ("application.someip:print_someip", "12348005000000080001000201010200", 0,
     "SOMEIP, service 4660, event 5, len 8, client 1, session 2, pver 1, iver 1, msgtype NOTIFICATION, retcode E_OK"),
    *(("application.zephyr:print_zephyr", (b"ZEPH0.2\0\0" + kind + bytes(20)).hex(), 0, f" zephyr {name} to <,,*>")
      for kind, name in ((b"0x2", "acked"), (b"f" * 5000, "type -1"), (b"ffffffff", "type -1"), (b"-5", "type -5"),
                         (b"0xg", "unsafe"), (b"", "unsafe"))),
    ("application.zephyr:print_zephyr", b"ZEPX\0".hex(), 0, ""),
    ("application.isakmp:print_isakmp", "3132333435363738" + "00" * 8 + "2120220800000000" + "0000001c", 0,
     "isakmp: parent_sa ikev2_init[I]"),
    ("management.dhcp6:print_dhcp6", "0100000700080002006400060002001700010050", 1,
     "dhcp6 solicit (xid=7 (elapsed-time 100) (option-request DNS-server) [|dhcp6])"),
    ("application.kerberos:print_kerberos", "6a", 0, " v5"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "payload", "verbose", "expected"), EXPECTED)
def test_text(target, payload, verbose, expected):
    assert text(target, payload, verbose) == expected


def bootp(options):
    """A request of which only the hardware address and the options are set."""
    return struct.pack(">BBB25x16s192x", 1, 1, 6, b"\0\1\2\3\4\5") + bytes.fromhex("63825363") + options


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("350105", "DHCP-Message (53), length 1: ACK"),
        ("3d0700616263646566", 'Client-ID (61), length 7: "abcdef"'),
        ("3d03010203", "Client-ID (61), length 3: ether 02:03"),
        ("7909180a00010a000001 00".replace(" ", ""), "Classless-Static-Route (121), length 9: (10.0.1.0/24:10.0.0.1)"
         ",[Remaining length (0) < 4 bytes]"),
        ("210a0a0000010a000002ffff", "Static-Route (33), length 10: [length != N x 8 bytes]"),
        ("5105 05 0000 6162".replace(" ", ""), 'FQDN (81), length 5: [SE] "ab"'),
        ("c803010203", "Unknown (200), length 3: 1.2.3"),
        ("c80400000001", "Unknown (200), length 4: 1"),
        ("020400000e10", "Time-Zone (2), length 4: 3600"),
        ("0204ffffff00", "Time-Zone (2), length 4: -256"),
        ("3404616263", "OO (52), length 4:  [|bootp]"),
    ],
)  # fmt: skip
def test_dhcp_option(option, expected):
    line = text("management.dhcp:print_bootp", bootp(bytes.fromhex(option)), 1).rsplit("\n", 1)[1]
    assert line.strip() == expected


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("verbose", [0, 3])
def test_every_truncation_prints(target, verbose):
    """Cut anywhere, a printer says what it could read, and never fails."""
    calling.faults = []
    sample = next((bytes.fromhex(payload) for name, payload, *_ in EXPECTED if name == target), bytes(range(64)))
    for captured in range(len(sample)):
        text(target, sample, verbose, captured)
    assert calling.faults == []
