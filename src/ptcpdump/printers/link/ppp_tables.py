"""Names in PPP's control protocols (IANA ppp-numbers; RFC 1661, 1332, 1570, 1877, 1962, 1990, 2153, 5072)."""

CODES = {
    0: "Vendor-Extension", 1: "Conf-Request", 2: "Conf-Ack", 3: "Conf-Nack", 4: "Conf-Reject", 5: "Term-Request",
    6: "Term-Ack", 7: "Code-Reject", 8: "Prot-Reject", 9: "Echo-Request", 10: "Echo-Reply", 11: "Disc-Req",
    12: "Ident", 13: "Time-Rem", 14: "Reset-Req", 15: "Reset-Ack",
}  # fmt: skip
LCP_OPTIONS = (
    "Vend-Ext", "MRU", "ACCM", "Auth-Prot", "Qual-Prot", "Magic-Num", "deprecated(6)", "PFC", "ACFC", "FCS-Alt",
    "SDP", "Num-Mode", "deprecated(12)", "Call-Back", "deprecated(14)", "deprecated(15)", "deprecated(16)", "MRRU",
    "12-Bit seq #", "End-Disc", "Proprietary", "DCE-Id", "MP+", "Link-Disc", "LCP-Auth-Opt", "COBS",
    "Prefix-elision", "Multilink-header-Form", "I18N", "SDL-over-SONET/SDH", "PPP-Muxing",
)  # fmt: skip
IPCP_OPTIONS = {
    1: "IP-Addrs", 2: "IP-Comp", 3: "IP-Addr", 4: "Home-Addr", 129: "Pri-DNS", 130: "Pri-NBNS", 131: "Sec-DNS",
    132: "Sec-NBNS",
}  # fmt: skip
IP6CP_OPTIONS = {1: "Interface-ID"}
CCP_OPTIONS = {
    0: "OUI", 1: "Pred-1", 2: "Pred-2", 3: "Puddle", 16: "HP-PPC", 17: "Stac-LZS", 18: "MPPC", 19: "Gand-FZA",
    20: "V.42bis", 21: "BSD-Comp", 23: "LZS-DCP", 24: "MVRCA", 25: "DEC", 26: "Deflate", 255: "Reserved",
}  # fmt: skip
BACP_OPTIONS = {1: "Favored-Peer"}
CHAP_ALGORITHMS = {5: "MD5", 128: "MS-CHAPv1", 129: "MS-CHAPv2"}
CALLBACKS = {0: "UserAuth", 1: "DialString", 2: "LocalID", 3: "E.164", 4: "X.500", 6: "CBCP"}
COMPRESSIONS = {0x2D: "VJ-Comp", 0x61: "IP Header Compression"}
