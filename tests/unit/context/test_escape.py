import json
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from ptcpdump.context.escape import as_bytes, escape, escape_in_brackets, escape_json, escape_word, unescape

# any command line there can be: bytes of execve(2), as Python decodes them (PEP 383)
ANY = st.binary(max_size=60).map(lambda raw: raw.decode(errors="surrogateescape"))


@given(st.one_of(ANY, st.text(alphabet="\\xuU09af\n\x85[ \U000e0041", max_size=12)))
@example("\\x41")
@example("\\\n\\\\x0a\\u")
@example("\\U0010ffff\\U00110000\U000e0041")
def test_escape_can_be_undone(text):
    for function in (escape, escape_word, escape_in_brackets):
        assert unescape(function(text)) == text


@given(st.text())
def test_json_stays_the_same(text):
    written = json.dumps(text, ensure_ascii=False)
    assert json.loads(escape_json(written)) == text


def invisible(ch):
    """Whether Python's own tables say that a character formats, or is no character at all."""
    return unicodedata.category(ch) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def test_nothing_invisible_is_left():
    # what Arabic, Syriac, Kaithi and hieroglyphs put around other characters is seen there
    seen = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    left = [code for code in range(0x110000) if invisible(chr(code)) and escape(chr(code)) == chr(code)]
    assert {code for code in left if not 0x13430 <= code <= 0x1343F} <= seen


@given(ANY)
def test_escaped_text_is_one_harmless_line(text):
    line = escape(text)
    line.encode()
    assert not any(ord(ch) < 32 or 0x7F <= ord(ch) < 0xA0 for ch in line)


def test_ordinary_text_is_unchanged():
    for text in ("curl -s 'http://a/?b=c'", r"grep '\.\w+$' C:\temp\new", "naïve 東京 ☃"):
        assert escape(text) == text


def test_what_is_dangerous():
    assert escape("a\nPID: 1\x1b[2J\u202e\x9b\udcff") == r"a\x0aPID: 1\x1b[2J\u202e\u009b\xff"
    assert escape("a\u200b\ufeff\xad\U000e0041\ud800") == r"a\u200b\ufeff\u00ad\U000e0041\ud800"


def test_words_hold_nothing_that_separates_fields():
    name = "sshd.1 In IP [x], Pod [y]\u3000\xa0"
    assert escape_word(name) == r"sshd.1\x20In\x20IP\x20\x5bx\x5d,\x20Pod\x20\x5by\x5d\u3000\u00a0"
    assert escape_in_brackets("IPC I/O [x]") == r"IPC I/O \x5bx\x5d"
    assert escape_word("python3.11") == "python3.11"


def test_what_stands_for_no_byte_can_be_written_nevertheless():
    assert as_bytes("a\udc80b") == b"a\x80b"
    assert as_bytes("a\ud800b") == b"a\\ud800b"
