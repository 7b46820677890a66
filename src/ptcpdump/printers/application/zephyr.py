"""Zephyr notices (MIT Athena): fields that end with a NUL, after a fixed list of sixteen."""

import re

from ptcpdump.printers.base.view import Truncated, View
from ptcpdump.printers.base.words import named
from ptcpdump.records import dataclass

KINDS = {
    0: "unsafe", 1: "unacked", 2: "acked", 3: "hm-ack", 4: "hm-ctl", 5: "serv-ack", 6: "serv-nak", 7: "client-ack",
    8: "stat",
}  # fmt: skip
SERVACK = 5
FIELDS = 17  # version first, class to recipient from the ninth
TARGET = 3  # fields behind them that are printed: class, instance and recipient of a subscription
NUMBER = re.compile(r"([-+]?)(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]*)")
LONG_MAX = (1 << 63) - 1
EXPOSURES = {"NONE", "OPSTAFF", "REALM-VISIBLE", "REALM-ANNOUNCED", "NET-VISIBLE", "NET-ANNOUNCED"}
REALM = {
    "ADD_SUBSCRIBE": "add-subs", "REQ_SUBSCRIBE": "req-subs", "RLM_SUBSCRIBE": "rlm-sub",
    "RLM_UNSUBSCRIBE": "rlm-unsub",
}  # fmt: skip
CLIENT = {"GIMME": "ret", "GIMMEDEFS": "gimme-defs", "CLEARSUB": "clear-subs"}


@dataclass
class Notice:
    """The fields that are printed."""

    kind: int
    category: str
    instance: str
    opcode: str
    sender: str
    recipient: str
    rest: list[str]


def fields_of(view: View) -> list[str]:
    """The complete fields of the notice, as far as they are printed, with what is not printable escaped."""
    fields, at = [], 0
    for field in view.bytes(0, min(view.captured, view.length)).split(b"\0", FIELDS + TARGET)[:-1]:
        fields.append(view.safe_text(at, len(field)))
        at += len(field) + 1
    return fields


def number(text: str) -> int:
    """The hexadecimal number that a field starts with, 0 if none: as strtol(3) reads it, into 32 bits."""
    found = NUMBER.match(text.lstrip())
    if not found or not found[2]:
        return 0
    value = min(int(found[2], 16), LONG_MAX)
    return ((-value if found[1] == "-" else value) + (1 << 31)) % (1 << 32) - (1 << 31)


def print_zephyr(view: View) -> None:
    """A packet from or to port 2103 or 2104."""
    view.protocol = "zephyr"
    fields = fields_of(view)
    if fields and not fields[0].startswith("ZEPH"):
        return
    if len(fields) < FIELDS:
        if view.captured < view.length:
            raise Truncated
        view.say(" (invalid)")
        return
    view.say(" zephyr")
    version = fields[0][4:]
    if not version.startswith("0.2"):
        view.say(f" v{version}")
        return
    rest = fields[FIELDS:]
    kind = number(fields[2])
    view.say(f" {named(KINDS, kind, 'type {}')}")
    if kind == SERVACK and rest and rest[0] != "SENT":
        view.say(f"/{rest[0].lower()}")
    notice = Notice(kind, fields[8], fields[9], fields[10], fields[11], fields[12], rest)
    if notice.sender:
        view.say(f" {notice.sender}")
    about = summary(notice)
    view.say(f" {about}" if about else "")


def summary(notice: Notice) -> str:
    """What the notice is about, by its class."""
    category, instance, opcode = notice.category, notice.instance, notice.opcode
    text = f"to {triple(category, instance, notice.recipient)}" + (f" op {opcode}" if opcode else "")
    if category == "USER_LOCATE":
        text = {"USER_HIDE": "hide", "USER_UNHIDE": "unhide"}.get(opcode, f"locate {instance}")
    elif category == "ZEPHYR_ADMIN":
        text = f"zephyr-admin {opcode.lower()}"
    elif category == "ZEPHYR_CTL" and instance == "CLIENT":
        text = subscription(notice)
    elif category == "ZEPHYR_CTL" and instance == "HM":
        text = opcode.lower()
    elif category == "ZEPHYR_CTL" and instance == "REALM":
        text = f"realm {REALM[opcode]}" if opcode in REALM else ""
    elif category in ("HM_CTL", "WG_CTL"):
        text = f"{category.lower()} {instance.lower()} {opcode.lower()}"
    elif category == "HM_STAT" and instance == "HMST_CLIENT" and opcode == "GIMMESTATS":
        text = "get-client-stats"
    elif category == "LOGIN" and opcode == "USER_FLUSH":
        text = "flush_locs"
    elif category == "LOGIN" and opcode in EXPOSURES:
        text = f"set-exposure {opcode.lower()}"
    return text


def subscription(notice: Notice) -> str:
    """What a client asks the server."""
    opcode = notice.opcode
    if opcode not in ("SUBSCRIBE", "SUBSCRIBE_NODEFS", "UNSUBSCRIBE"):
        return CLIENT.get(opcode, opcode.lower())
    text = ("" if opcode == "SUBSCRIBE" else "un") + "sub" + ("-nodefs" if opcode == "SUBSCRIBE_NODEFS" else "")
    if notice.kind != SERVACK and len(notice.rest) >= 3:
        text += f" {triple(*notice.rest[:3])}"
    return text


def triple(category: str, instance: str, recipient: str) -> str:
    """Class, instance and recipient."""
    return f"<{category},{instance},{recipient or '*'}>"
