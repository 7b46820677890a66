"""EAP over LANs (IEEE 802.1X section 11)."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named
from ptcpdump.printers.link.eap import ShortValue, print_eap

KINDS = {0: "EAP packet", 1: "EAPOL start", 2: "EAPOL logoff", 3: "EAPOL key", 4: "Encapsulated ASF alert"}
EAP_PACKET = 0


def print_eapol(view: View) -> None:
    """The header, and with -v the EAP packet in it."""
    view.protocol = "eap"
    version, kind, length = view.u8(0), view.u8(1), view.u16(2)
    view.say(f"{named(KINDS, kind, 'unknown')} ({kind}) v{version}, len {length}")
    if not view.verbose or kind != EAP_PACKET or not length:
        return
    view.say(", ")
    try:
        print_eap(view, 4, length)
    except ShortValue:
        view.mark()
