"""Names of RADIUS: codes, attributes, values (RFC 2865 to 2869, 3162, 3580, 4675, 4818, 5090, 5176, 5580, 6572)."""

CODES = {
    1: "Access-Request", 2: "Access-Accept", 3: "Access-Reject", 4: "Accounting-Request",
    5: "Accounting-Response", 11: "Access-Challenge", 12: "Status-Server", 13: "Status-Client",
    40: "Disconnect-Request", 41: "Disconnect-ACK", 42: "Disconnect-NAK", 43: "CoA-Request", 44: "CoA-ACK",
    45: "CoA-NAK", 255: "Reserved",
}  # fmt: skip

# number, name, form of the value ("-": only the hex dump of -vv shows it)
ATTRIBUTES: dict[int, tuple[str, str]] = {
    int(number): (name, form)
    for number, name, form in (line.split() for line in """
1 User-Name string
2 User-Password -
3 CHAP-Password -
4 NAS-IP-Address address
5 NAS-Port number
6 Service-Type number
7 Framed-Protocol number
8 Framed-IP-Address address
9 Framed-IP-Netmask address
10 Framed-Routing number
11 Filter-Id string
12 Framed-MTU number
13 Framed-Compression number
14 Login-IP-Host address
15 Login-Service number
16 Login-TCP-Port number
17 Unassigned -
18 Reply-Message string
19 Callback-Number string
20 Callback-Id string
21 Unassigned -
22 Framed-Route string
23 Framed-IPX-Network number
24 State string
25 Class string
26 Vendor-Specific vendor
27 Session-Timeout number
28 Idle-Timeout number
29 Termination-Action number
30 Called-Station-Id string
31 Calling-Station-Id string
32 NAS-Identifier string
33 Proxy-State string
34 Login-LAT-Service string
35 Login-LAT-Node string
36 Login-LAT-Group string
37 Framed-AppleTalk-Link number
38 Framed-AppleTalk-Network number
39 Framed-AppleTalk-Zone string
40 Acct-Status-Type number
41 Acct-Delay-Time number
42 Acct-Input-Octets number
43 Acct-Output-Octets number
44 Acct-Session-Id string
45 Acct-Authentic number
46 Acct-Session-Time number
47 Acct-Input-Packets number
48 Acct-Output-Packets number
49 Acct-Terminate-Cause number
50 Acct-Multi-Session-Id string
51 Acct-Link-Count number
52 Acct-Input-Gigawords number
53 Acct-Output-Gigawords number
54 Unassigned -
55 Event-Timestamp time
56 Egress-VLANID number
57 Ingress-Filters number
58 Egress-VLAN-Name string
59 User-Priority-Table -
60 CHAP-Challenge string
61 NAS-Port-Type number
62 Port-Limit number
63 Login-LAT-Port string
64 Tunnel-Type number
65 Tunnel-Medium-Type number
66 Tunnel-Client-Endpoint string
67 Tunnel-Server-Endpoint string
68 Acct-Tunnel-Connection string
69 Tunnel-Password string
70 ARAP-Password arap-password
71 ARAP-Features arap-features
72 ARAP-Zone-Access number
73 ARAP-Security string
74 ARAP-Security-Data string
75 Password-Retry number
76 Prompt number
77 Connect-Info string
78 Configuration-Token string
79 EAP-Message eap
80 Message-Authenticator string
81 Tunnel-Private-Group-ID string
82 Tunnel-Assignment-ID string
83 Tunnel-Preference number
84 ARAP-Challenge-Response arap-challenge
85 Acct-Interim-Interval number
86 Acct-Tunnel-Packets-Lost number
87 NAS-Port-Id string
88 Framed-Pool string
89 CUI string
90 Tunnel-Client-Auth-ID string
91 Tunnel-Server-Auth-ID string
92 NAS-Filter-Rule string
93 Unassigned -
94 Originating-Line-Info -
95 NAS-IPv6-Address address6
96 Framed-Interface-ID -
97 Framed-IPv6-Prefix prefix6
98 Login-IPv6-Host address6
99 Framed-IPv6-Route string
100 Framed-IPv6-Pool string
101 Error-Cause error
102 EAP-Key-Name -
103 Digest-Response string
104 Digest-Realm string
105 Digest-Nonce string
106 Digest-Response-Auth string
107 Digest-Nextnonce string
108 Digest-Method string
109 Digest-URI string
110 Digest-Qop string
111 Digest-Algorithm string
112 Digest-Entity-Body-Hash string
113 Digest-CNonce string
114 Digest-Nonce-Count string
115 Digest-Username string
116 Digest-Opaque string
117 Digest-Auth-Param string
118 Digest-AKA-Auts string
119 Digest-Domain string
120 Digest-Stale string
121 Digest-HA1 string
122 SIP-AOR string
123 Delegated-IPv6-Prefix prefix6
124 MIP6-Feature-Vector vector
125 MIP6-Home-Link-Prefix home-prefix
126 Operator-Name operator
127 Location-Information location
128 Location-Data location-data
129 Basic-Location-Policy-Rules policy
""".strip().splitlines())
}  # fmt: skip

UNASSIGNED = "Unassigned"

# The words for an attribute's values, with the first value that has one
VALUES: dict[int, tuple[int, tuple[str, ...]]] = {
    6: (1, ("Login", "Framed", "Callback Login", "Callback Framed", "Outbound", "Administrative", "NAS Prompt",
            "Authenticate Only", "Callback NAS Prompt", "Call Check", "Callback Administrative", "Voice", "Fax",
            "Modem Relay", "IAPP-Register", "IAPP-AP-Check", "Authorize Only", "Framed-Management",
            "Additional-Authorization")),
    7: (1, ("PPP", "SLIP", "ARAP", "Gandalf proprietary", "Xylogics IPX/SLIP", "X.75 Synchronous",
            "GPRS PDP Context")),
    10: (0, ("None", "Send", "Listen", "Send&Listen")),
    13: (0, ("None", "VJ TCP/IP", "IPX", "Stac-LZS")),
    15: (0, ("Telnet", "Rlogin", "TCP Clear", "PortMaster(proprietary)", "LAT", "X.25-PAD", "X.25-T3POS",
             UNASSIGNED, "TCP Clear Quiet")),
    29: (0, ("Default", "RADIUS-Request")),
    40: (1, ("Start", "Stop", "Interim-Update", UNASSIGNED, UNASSIGNED, UNASSIGNED, "Accounting-On",
             "Accounting-Off", "Tunnel-Start", "Tunnel-Stop", "Tunnel-Reject", "Tunnel-Link-Start",
             "Tunnel-Link-Stop", "Tunnel-Link-Reject", "Failed")),
    45: (1, ("RADIUS", "Local", "Remote", "Diameter")),
    49: (1, ("User Request", "Lost Carrier", "Lost Service", "Idle Timeout", "Session Timeout", "Admin Reset",
             "Admin Reboot", "Port Error", "NAS Error", "NAS Request", "NAS Reboot", "Port Unneeded",
             "Port Preempted", "Port Suspended", "Service Unavailable", "Callback", "User Error", "Host Request",
             "Supplicant Restart", "Reauthentication Failure", "Port Reinitialized",
             "Port Administratively Disabled", "Lost Power")),
    57: (1, ("Enabled", "Disabled")),
    61: (0, ("Async", "Sync", "ISDN Sync", "ISDN Async V.120", "ISDN Async V.110", "Virtual", "PIAFS",
             "HDLC Clear Channel", "X.25", "X.75", "G.3 Fax", "SDSL", "ADSL-CAP", "ADSL-DMT", "ISDN-DSL",
             "Ethernet", "xDSL", "Cable", "Wireless - Other", "Wireless - IEEE 802.11", "Token-Ring", "FDDI",
             "Wireless - CDMA200", "Wireless - UMTS", "Wireless - 1X-EV", "IAPP", "FTTP",
             "Wireless - IEEE 802.16", "Wireless - IEEE 802.20", "Wireless - IEEE 802.22", "PPPoA", "PPPoEoA",
             "PPPoEoE", "PPPoEoVLAN", "PPPoEoQinQ", "xPON", "Wireless - XGP",
             "WiMAX Pre-Release 8 IWK Function", "WIMAX-WIFI-IWK", "WIMAX-SFF", "WIMAX-HA-LMA", "WIMAX-DHCP",
             "WIMAX-LBS", "WIMAX-WVS")),
    64: (1, ("PPTP", "L2F", "L2TP", "ATMP", "VTP", "AH", "IP-IP", "MIN-IP-IP", "ESP", "GRE", "DVS",
             "IP-in-IP Tunneling", "VLAN")),
    65: (1, ("IPv4", "IPv6", "NSAP", "HDLC", "BBN 1822", "802", "E.163", "E.164", "F.69", "X.121", "IPX",
             "Appletalk", "Decnet IV", "Banyan Vines", "E.164 with NSAP subaddress")),
    72: (1, ("Only access to dfl zone", "Use zone filter inc.", "Not used", "Use zone filter exc.")),
    76: (0, ("No Echo", "Echo")),
}  # fmt: skip

ERROR_CAUSES = {
    201: "Residual Session Context Removed", 202: "Invalid EAP Packet (Ignored)", 401: "Unsupported Attribute",
    402: "Missing Attribute", 403: "NAS Identification Mismatch", 404: "Invalid Request",
    405: "Unsupported Service", 406: "Unsupported Extension", 407: "Invalid Attribute Value",
    501: "Administratively Prohibited", 502: "Request Not Routable (Proxy)", 503: "Session Context Not Found",
    504: "Session Context Not Removable", 505: "Other Proxy Processing Error", 506: "Resources Unavailable",
    507: "Request Initiated", 508: "Multiple Session Selection Unsupported", 509: "Location Info Required",
}  # fmt: skip

FEATURES = {
    1: "MIP6_INTEGRATED", 2: "LOCAL_HOME_AGENT_ASSIGNMENT", 1 << 40: "PMIP6_SUPPORTED",
    1 << 41: "IP4_HOA_SUPPORTED", 1 << 42: "LOCAL_MAG_ROUTING_SUPPORTED", 1 << 43: "ASSIGN_LOCAL_IP",
    1 << 44: "MIP4_SUPPORTED", 1 << 45: "OPTIMIZED_IDLE_MODE_MOBILITY", 1 << 46: "GTPv2_SUPPORTED",
    1 << 47: "IP4_TRANSPORT_SUPPORTED", 1 << 48: "IP4_HOA_ONLY_SUPPORTED", 1 << 49: "INTER_MAG_ROUTING_SUPPORTED",
}  # fmt: skip

OPERATORS = {0x30: "TADIG", 0x31: "REALM", 0x32: "E212", 0x33: "ICC"}
POLICY_FLAGS = {1 << i: f"MBZ-{15 - i}" for i in range(15)} | {0x8000: "Retransmission Allowed"}
TAGGED = {0x31: "Tagged", 0x32: "Untagged"}

# Enterprise numbers that tcpdump names (IANA enterprise-numbers)
VENDORS = {
    0: "IETF (reserved)", 5: "ACC", 9: "Cisco", 11: "Hewlett Packard", 42: "Sun Microsystems",
    61: "Merit", 74: "AT&T", 161: "Motorola", 166: "Shiva", 193: "Ericsson AB",
    255: "Cisco VPN 5000", 307: "Livingston", 311: "Microsoft", 429: "3Com", 529: "Ascend",
    1584: "Bay Networks", 1991: "Foundry", 2180: "Versanet", 2352: "Redback",
    2636: "Juniper Networks", 2637: "Aptis", 2937: "Deutsche Telekom AG",
    3054: "Ixia Communications", 3076: "Cisco VPN 3000", 3085: "CoSine Communications",
    3199: "Shasta", 3224: "Netscreen", 3309: "Nomadix", 3414: "T-Mobile",
    3561: "The Broadband Forum", 3902: "ZTE", 4329: "Siemens", 4491: "CableLabs",
    4874: "Unisphere Networks", 5263: "Cisco BBSM",
    5535: "3rd Generation Partnership Project 2 (3GPP2)", 5806: "SK Telecom", 5925: "ipUnplugged",
    5948: "Issanni Communications", 5951: "Netscaler", 6490: "T-Mobile", 6618: "Quintum",
    6728: "Interlink", 7951: "CNCTC", 8164: "Starent Networks", 8744: "Colubris", 10415: "3GPP",
    10529: "Gemtek-Systems", 10704: "Barracuda Networks",
    10923: "Ericsson AB - Packet Core Networks", 11665: "dacom", 11862: "Columbia University",
    12356: "Fortinet", 12951: "Verizon Wireless", 13745: "Plixer", 14122: "Wi-Fi Alliance",
    16787: "T-Systems Nova", 20942: "China Telecom - Guangzhou Research Institute",
    26866: "Gigamon Systems", 32622: "CACE Technologies", 35632: "ntop", 46098: "Ericsson Canada",
}  # fmt: skip
