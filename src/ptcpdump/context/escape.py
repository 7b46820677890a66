"""Making untrusted text harmless: one line, nothing that a terminal obeys, nothing that can't be seen; and reversible.

Command lines, labels and names may hold line feeds (which would forge another key of a packet comment), terminal
escapes, characters without width or with the power to reorder others, or bytes that are no UTF-8. What is dangerous
becomes `\\xHH` (a character below 0x80, or a byte that is no UTF-8), `\\uHHHH` or `\\UHHHHHHHH`. A backslash stays as
it is unless such a sequence would follow by chance, so ordinary text is unchanged.
"""

import os

from ptcpdump.lazy import lazy_modules

with lazy_modules:
    import re

# C0 and DEL, C1, line and paragraph separators; what has no width or reorders text: the code points with the property
# Default_Ignorable (Unicode 15, DerivedCoreProperties.txt) and the anchors of annotations; U+DC80..U+DCFF stand for
# bytes that are no UTF-8 (PEP 383), other surrogates can't be encoded.
_CONTROLS = "\x7f-\x9f\u2028\u2029\ud800-\udfff"
_INVISIBLE = ("\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
              "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
              "\U000e0000-\U000e0fff")
_BLANKS = "\x20\xa0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
_SEQUENCE = r"\\(?=x[0-9a-f]{2}|u[0-9a-f]{4}|U00(?:0[0-9a-f]|10)[0-9a-f]{4})"
_DANGEROUS = f"[\x00-\x1f{_CONTROLS}{_INVISIBLE}]|{_SEQUENCE}"
# in a word of a line also what separates the fields of a line: all kinds of blanks, and brackets
_IN_WORDS = f"[\x00-\x1f{_BLANKS}{_CONTROLS}{_INVISIBLE}\\[\\]]|{_SEQUENCE}"
_IN_BRACKETS = f"[\x00-\x1f{_CONTROLS}{_INVISIBLE}\\[\\]]|{_SEQUENCE}"
_DANGEROUS_JSON = f"[<>&{_CONTROLS}{_INVISIBLE}]"
_ESCAPE = r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\U(00(?:0[0-9a-f]|10)[0-9a-f]{4})"


def _escaped(match: "re.Match[str]") -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _unescaped(match: "re.Match[str]") -> str:
    if match[3]:
        return chr(int(match[3], 16))
    if match[2]:
        return chr(int(match[2], 16))
    code = int(match[1], 16)
    return chr(code) if code < 0x80 else chr(code + 0xDC00)


def escape(text: str) -> str:
    """Text as one harmless line."""
    return text if _is_plain(text) else re.sub(_DANGEROUS, _escaped, text)


def escape_word(text: str) -> str:
    """Text as one word of a line: without blanks, and without the brackets that stand around names."""
    if _is_plain(text) and " " not in text and "[" not in text and "]" not in text:
        return text
    return re.sub(_IN_WORDS, _escaped, text)


def escape_in_brackets(text: str) -> str:
    """Text between brackets of a line, which only the line closes."""
    return text if _is_plain(text) and "[" not in text and "]" not in text else re.sub(_IN_BRACKETS, _escaped, text)


def _is_plain(text: str) -> bool:
    """Whether text is harmless at first sight, as nearly all is: the patterns cost milliseconds to compile."""
    return text.isascii() and text.isprintable() and "\\" not in text


def unescape(text: str) -> str:
    """Text as it was before escape(), or one of its kind."""
    return re.sub(_ESCAPE, _unescaped, text) if "\\" in text else text


def as_bytes(text: str) -> bytes:
    """Text as the kernel has it (PEP 383). A surrogate that stands for no byte, as of a savefile, is escaped."""
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        return os.fsencode(escape(text))


def escape_json(text: str) -> str:
    """JSON with all dangerous characters of its strings as JSON's own escapes; also `<`, `>`, `&`, as Go writes it."""
    return re.sub(_DANGEROUS_JSON, _escaped_in_json, text)


def _escaped_in_json(match: "re.Match[str]") -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at:at + 2].hex()}" for at in range(0, len(units), 2))
