"""Making untrusted text harmless: one line, no control characters, and reversible.

Command lines, labels and names may hold line feeds (which would forge another key of a packet comment), terminal
escapes, or bytes that are no UTF-8. What is dangerous becomes `\\xHH` (a character below 0x80, or a byte that is no
UTF-8) or `\\uHHHH`. A backslash stays as it is unless such a sequence would follow by chance, so ordinary text is
unchanged.
"""

import re

# C0 and DEL, C1, line and paragraph separators, and the controls that reorder text on a terminal (Unicode TR 36);
# U+DC80..U+DCFF stand for bytes that are no UTF-8 (PEP 383), other surrogates can't be encoded.
_DANGEROUS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
    r"|\\(?=x[0-9a-f]{2}|u[0-9a-f]{4})"
)
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})")


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"


def _unescaped(match: re.Match[str]) -> str:
    if match[2]:
        return chr(int(match[2], 16))
    code = int(match[1], 16)
    return chr(code) if code < 0x80 else chr(code + 0xDC00)


def escape(text: str) -> str:
    """Text as one harmless line."""
    return _DANGEROUS.sub(_escaped, text)


def unescape(text: str) -> str:
    """Text as it was before escape()."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def escape_json(text: str) -> str:
    """JSON with all dangerous characters of its strings as JSON's own escapes; also `<`, `>`, `&`, as Go writes it."""
    return _DANGEROUS_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


_DANGEROUS_JSON = re.compile("[<>&\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
