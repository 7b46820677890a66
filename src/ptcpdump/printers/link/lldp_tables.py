"""Names in LLDP: IEEE 802.1AB, its annexes of 802.1Q and 802.3, and ANSI/TIA-1057 (LLDP-MED)."""

TLVS = {
    0: "End", 1: "Chassis ID", 2: "Port ID", 3: "Time to Live", 4: "Port Description", 5: "System Name",
    6: "System Description", 7: "System Capabilities", 8: "Management Address", 127: "Organization specific",
}  # fmt: skip
CHASSIS = {
    1: "Chassis component", 2: "Interface alias", 3: "Port component", 4: "MAC address", 5: "Network address",
    6: "Interface name", 7: "Local",
}  # fmt: skip
PORT = {
    1: "Interface alias", 2: "Port component", 3: "MAC address", 4: "Network Address", 5: "Interface Name",
    6: "Agent circuit ID", 7: "Local",
}  # fmt: skip
CAPABILITIES = {
    0x01: "Other", 0x02: "Repeater", 0x04: "Bridge", 0x08: "WLAN AP", 0x10: "Router", 0x20: "Telephone",
    0x40: "Docsis", 0x80: "Station Only",
}  # fmt: skip
NUMBERING = {2: "Interface Index", 3: "System Port Number"}
FAMILIES = {1: "IPv4", 2: "IPv6"}
BRIDGING = {
    1: "Port VLAN Id", 2: "Port and Protocol VLAN ID", 3: "VLAN name", 4: "Protocol Identity",
    8: "Congestion Notification", 9: "ETS Configuration", 10: "ETS Recommendation",
    11: "Priority Flow Control Configuration", 12: "Application Priority", 13: "EVB", 14: "CDCP",
}  # fmt: skip
PROTOCOL_VLAN = {0x02: "supported", 0x04: "enabled"}
ETHERNET = {1: "MAC/PHY configuration/status", 2: "Power via MDI", 3: "Link aggregation", 4: "Max frame size"}
NEGOTIATION = {0x01: "supported", 0x02: "enabled"}
NEGOTIABLE = {
    0x8000: "other", 0x4000: "10BASE-T hdx", 0x2000: "10BASE-T fdx", 0x1000: "100BASE-T4", 0x0800: "100BASE-TX hdx",
    0x0400: "100BASE-TX fdx", 0x0200: "100BASE-T2 hdx", 0x0100: "100BASE-T2 fdx", 0x0080: "Pause for fdx links",
    0x0040: "Asym PAUSE for fdx", 0x0020: "Sym PAUSE for fdx", 0x0010: "Asym and Sym PAUSE for fdx",
    0x0008: "1000BASE-{X LX SX CX} hdx", 0x0004: "1000BASE-{X LX SX CX} fdx", 0x0002: "1000BASE-T hdx",
    0x0001: "1000BASE-T fdx",
}  # fmt: skip
MAU = dict(enumerate((
    "Unknown", "AUI", "10BASE_5", "FOIRL", "10BASE2", "10BASET duplex mode unknown", "10BASEFP", "10BASEFB",
    "10BASEFL duplex mode unknown", "10BROAD36", "10BASET hdx", "10BASET fdx", "10BASEFL hdx", "10BASEFL fdx",
    "100BASET4", "100BASETX hdx", "100BASETX fdx", "100BASEFX hdx", "100BASEFX fdx", "100BASET2 hdx",
    "100BASET2 fdx", "1000BASEX hdx", "1000BASEX fdx", "1000BASELX hdx", "1000BASELX fdx", "1000BASESX hdx",
    "1000BASESX fdx", "1000BASECX hdx", "1000BASECX fdx", "1000BASET hdx", "1000BASET fdx", "10GBASEX", "10GBASELX4",
    "10GBASER", "10GBASEER", "10GBASELR", "10GBASESR", "10GBASEW", "10GBASEEW", "10GBASELW", "10GBASESW",
)))  # fmt: skip
POWER_SUPPORT = {0x01: "PSE", 0x02: "supported", 0x04: "enabled", 0x08: "can be controlled"}
POWER_PAIR = {1: "signal", 2: "spare"}
POWER_CLASS = {1: "class0", 2: "class1", 3: "class2", 4: "class3", 5: "class4"}
AGGREGATION = {0x01: "supported", 0x02: "enabled"}
MEDIA = {
    1: "LLDP-MED Capabilities", 2: "Network policy", 3: "Location identification", 4: "Extended power-via-MDI",
    5: "Inventory - hardware revision", 6: "Inventory - firmware revision", 7: "Inventory - software revision",
    8: "Inventory - serial number", 9: "Inventory - manufacturer name", 10: "Inventory - model name",
    11: "Inventory - asset ID",
}  # fmt: skip
INVENTORY = {
    5: "Hardware revision", 6: "Firmware revision", 7: "Software revision", 8: "Serial number",
    9: "Manufacturer name", 10: "Model name", 11: "Asset ID",
}  # fmt: skip
MEDIA_CAPABILITIES = {
    0x01: "LLDP-MED capabilities", 0x02: "network policy", 0x04: "location identification",
    0x08: "extended power via MDI-PSE", 0x10: "extended power via MDI-PD", 0x20: "Inventory",
}  # fmt: skip
DEVICES = {1: "endpoint class 1", 2: "endpoint class 2", 3: "endpoint class 3", 4: "network connectivity"}
APPLICATIONS = {
    1: "voice", 2: "voice signaling", 3: "guest voice", 4: "guest voice signaling", 5: "softphone voice",
    6: "video conferencing", 7: "streaming video", 8: "video signaling",
}  # fmt: skip
POLICY_FLAGS = {0x8000: "Unknown", 0x4000: "Tagged", 0x2000: "reserved"}
POWER_TYPES = {0: "PSE device", 1: "PD device"}
POWER_SOURCES = {
    0: "none", 1: "PSE - primary power source", 2: "local - backup power source", 3: "PSE+local - reserved",
}  # fmt: skip
POWER_PRIORITIES = {1: "critical", 2: "high", 3: "low"}
