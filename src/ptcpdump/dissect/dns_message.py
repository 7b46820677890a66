"""DNS messages (RFC 1035) decoded: names, questions and answers."""

import struct
from ipaddress import IPv4Address, IPv6Address

from ptcpdump.dissect.model import Address, Dns, DnsQuestion, DnsRecord

_HEADER = struct.Struct("!6H")
_QUESTION = struct.Struct("!HH")
_RECORD = struct.Struct("!HHIH")
_NAME_MAX = 255                 # bytes of a name, its lengths included (RFC 1035, 3.1)
_POINTERS_MAX = 127             # followed for one name: as many as it can have labels
_POINTER = 0xC0
# Where in the data of a record type the name stands that it leads to
_TARGETS = {2: 0, 5: 0, 12: 0, 15: 2, 33: 6, 39: 0}
_ESCAPED = {byte: f"\\{byte:03d}" if not 0x21 <= byte < 0x7F else chr(byte) for byte in range(256)} | {
    ord(character): "\\" + character for character in '."();@$\\'
}


class _Broken(Exception):  # noqa: N818 -- a condition of the message, not an error of the program
    """The message ends too early, or contradicts itself."""


def _label(label: bytes) -> str:
    return "".join(_ESCAPED[byte] for byte in label)


def read_name(message: bytes, at: int) -> tuple[str, int]:
    """The name at an offset in the presentation format of RFC 1035, 5.1 ("." for the root), and where it ends."""
    labels: list[str] = []
    behind, limit, size, pointers = -1, at, 0, 0
    while True:
        if at >= len(message):
            raise _Broken
        first = message[at]
        if first >= _POINTER:
            if at + 1 >= len(message):
                raise _Broken
            behind = at + 2 if behind < 0 else behind
            at = (first & 0x3F) << 8 | message[at + 1]
            pointers += 1
            if at >= limit or pointers > _POINTERS_MAX:     # a pointer leads backwards, so no name is endless
                raise _Broken
            limit = at
            continue
        size += first + 1
        if first & _POINTER or at + 1 + first > len(message) or size > _NAME_MAX:
            raise _Broken
        at += 1 + first
        if first == 0:
            return ".".join(labels) or ".", at if behind < 0 else behind
        labels.append(_label(message[at - first : at]))


def _read_question(message: bytes, at: int) -> tuple[DnsQuestion, int]:
    name, at = read_name(message, at)
    if at + _QUESTION.size > len(message):
        raise _Broken
    return DnsQuestion(name, _QUESTION.unpack_from(message, at)[0]), at + _QUESTION.size


def _address(kind: int, data: bytes) -> Address | None:
    if kind == 1 and len(data) == 4:
        return IPv4Address(data)
    return IPv6Address(data) if kind == 28 and len(data) == 16 else None


def _target(kind: int, message: bytes, at: int, size: int) -> str | None:
    if kind not in _TARGETS or _TARGETS[kind] >= size:
        return None
    try:
        return read_name(message, at + _TARGETS[kind])[0]
    except _Broken:
        return None


def _read_record(message: bytes, at: int) -> tuple[DnsRecord, int]:
    name, at = read_name(message, at)
    if at + _RECORD.size > len(message):
        raise _Broken
    kind, _, ttl, size = _RECORD.unpack_from(message, at)
    at += _RECORD.size
    if at + size > len(message):
        raise _Broken
    data = message[at : at + size]
    return DnsRecord(name, kind, ttl, data, _address(kind, data), _target(kind, message, at, size)), at + size


def read_message(message: bytes) -> Dns | None:
    """The message without the length that TCP puts before it, as far as it can be read; None without a whole header."""
    if len(message) < _HEADER.size:
        return None
    number, flags, question_count, answer_count, _, _ = _HEADER.unpack_from(message)
    questions: list[DnsQuestion] = []
    answers: list[DnsRecord] = []
    at = _HEADER.size
    try:
        for _ in range(question_count):
            question, at = _read_question(message, at)
            questions.append(question)
        for _ in range(answer_count):
            record, at = _read_record(message, at)
            answers.append(record)
    except _Broken:
        pass
    return Dns(
        id=number, response=bool(flags & 0x8000), opcode=flags >> 11 & 15, code=flags & 15,
        questions=tuple(questions), answers=tuple(answers),
        complete=len(questions) == question_count and len(answers) == answer_count)
