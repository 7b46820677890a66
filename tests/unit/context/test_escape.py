from hypothesis import example, given
from hypothesis import strategies as st

from ptcpdump.context.escape import escape, unescape

# any command line there can be: bytes of execve(2), as Python decodes them (PEP 383)
ANY = st.binary(max_size=60).map(lambda raw: raw.decode(errors="surrogateescape"))


@given(st.one_of(ANY, st.text(alphabet="\\xu09af\n\x85", max_size=12)))
@example("\\x41")
@example("\\\n\\\\x0a\\u")
def test_escape_can_be_undone(text):
    assert unescape(escape(text)) == text


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
