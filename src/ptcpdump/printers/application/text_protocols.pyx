"""Protocols of text lines: HTTP, RTSP, SIP, SMTP, FTP, WHOIS, and the greeting of SSH.

Without -v the first line is shown, with -v all lines up to the first that is not printable ASCII. Of protocols whose
bodies may fill whole segments (HTTP, RTSP, SIP) only segments that begin with a request or a status line are shown.
"""

from libc.string cimport strlen

from ptcpdump.printers.base.core cimport *

cdef enum:
    TOKEN_MAX = 127         # longer words are no method


cdef inline bint printable(uint8_t c) noexcept nogil:
    return 32 <= c < 127


cdef inline bint ends_word(uint8_t c) noexcept nogil:
    return c == b' ' or c == b'\t' or c == b'\r' or c == b'\n'


cdef uint32_t word_length(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """How long the word at p is; 0 when there is none, or what stands there is no text, or not captured whole."""
    cdef uint32_t n = 0
    while n < length:
        if not has(d, p + n, 1):
            return 0
        if ends_word(p[n]):
            return n
        if not printable(p[n]) or n >= TOKEN_MAX:
            return 0
        n += 1
    return n


cdef bint listed(const uint8_t *word, uint32_t n, const char *words) noexcept nogil:
    """Whether the n bytes of a word are among the words, which are in capitals and parted by single blanks."""
    cdef uint32_t i
    cdef uint8_t c
    for i in range(n):      # what no method has, "HTTP/1.1" for one, spares looking at all of them
        if word[i] < b'A' and word[i] != b'-':
            return False
    while words[0]:
        for i in range(n):
            c = word[i]
            if b'a' <= c <= b'z':
                c -= 32
            if words[i] != <char>c:
                break
        else:
            if words[n] == b' ' or words[n] == 0:
                return True
        while words[0] and words[0] != b' ':
            words += 1
        if words[0]:
            words += 1
    return False


cdef bint opens_message(Dissection *d, const uint8_t *p, uint32_t length, const char *methods) noexcept nogil:
    """Whether a request (its method comes first) or a status line (its code comes second) begins at p."""
    cdef uint32_t n = word_length(d, p, length)
    if n == 0:
        return False
    if listed(p, n, methods):
        return True
    while n < length and has(d, p + n, 1) and p[n] == b' ':
        n += 1
    p += n
    return (word_length(d, p, length - n) == 3 and b'0' <= p[0] <= b'9' and b'0' <= p[1] <= b'9'
            and b'0' <= p[2] <= b'9')


cdef uint32_t say_line(Dissection *d, const char *before, const uint8_t *p, uint32_t length) noexcept nogil:
    """Print the line at p behind `before`: its length with the line's end, or 0 when no further one can follow.

    Nothing is printed of a line with other bytes than printable ASCII and tabs.
    """
    cdef uint32_t n = 0, more = 0
    cdef uint8_t c
    while n < length:
        c = u8(d, p + n)
        if c == b'\n':
            more = n + 1
            break
        if c == b'\r':
            if n + 1 >= length or u8(d, p + n + 1) != b'\n':
                return 0
            more = n + 2
            break
        if not printable(c) and c != b'\t':
            return 0
        n += 1
    say(d, before)
    put_bytes(d.out, p, n)
    return more


cdef void print_text(Dissection *d, const uint8_t *p, uint32_t length, const char *name, const char *methods) noexcept nogil:
    """The protocol's name in capitals, then its text; methods: NULL where every segment is taken for lines of text."""
    cdef uint32_t n
    say(d, name)
    if methods != NULL and not opens_message(d, p, length, methods):
        return
    if not d.opt.verbose:
        say_line(d, b": ", p, length)
        return
    say_value(d, b", length: ", length)
    while length:
        n = say_line(d, b"\n\t", p, length)
        if n == 0:
            return
        p += n
        length -= n


cdef void print_http(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 9110, with the methods of WebDAV (RFC 4918), its extensions, UPnP and Outlook."""
    d.protocol = b"http"
    say(d, b": ")
    print_text(d, p, length, b"HTTP",
               b"GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE LABEL MERGE DELETE SEARCH UNLOCK REPORT "
               b"UPDATE NOTIFY BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE PROPPATCH BPROPFIND "
               b"BPROPPATCH UNCHECKOUT MKACTIVITY MKWORKSPACE UNSUBSCRIBE RPC_CONNECT VERSION-CONTROL BASELINE-CONTROL")


cdef void print_rtsp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 7826."""
    d.protocol = b"rtsp"
    say(d, b": ")
    print_text(d, p, length, b"RTSP",
               b"DESCRIBE ANNOUNCE GET_PARAMETER OPTIONS PAUSE PLAY RECORD REDIRECT SETUP SET_PARAMETER TEARDOWN")


cdef void print_sip(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 3261 and its extensions, over UDP."""
    d.protocol = b"sip"
    print_text(d, p, length, b"SIP",
               b"ACK BYE CANCEL DO INFO INVITE MESSAGE NOTIFY OPTIONS PRACK QAUTH REFER REGISTER SPRACK SUBSCRIBE UPDATE "
               b"PUBLISH")


cdef void print_smtp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 5321."""
    d.protocol = b"smtp"
    say(d, b": ")
    print_text(d, p, length, b"SMTP", NULL)


cdef void print_ftp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 959, the control connection."""
    d.protocol = b"ftp"
    say(d, b": ")
    print_text(d, p, length, b"FTP", NULL)


cdef void print_whois(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 3912."""
    d.protocol = b"whois"
    say(d, b": ")
    print_text(d, p, length, b"WHOIS", NULL)


cdef void print_ssh(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The line with the version that opens a connection (RFC 4253, 4.2); all else is binary and shown as nothing."""
    cdef uint32_t n = 4
    d.protocol = b"ssh"
    if u8(d, p) != b'S' or u8(d, p + 1) != b'S' or u8(d, p + 2) != b'H' or u8(d, p + 3) != b'-':
        return
    while n < length and printable(u8(d, p + n)):
        n += 1
    if n < length and (p[n] == b'\n' or p[n] == b'\r' and n + 1 < length and u8(d, p + n + 1) == b'\n'):
        say(d, b": SSH: ")
        put_bytes(d.out, p, n)


export_printer(__name__, "print_ftp", print_ftp)
export_printer(__name__, "print_ssh", print_ssh)
export_printer(__name__, "print_smtp", print_smtp)
export_printer(__name__, "print_whois", print_whois)
export_printer(__name__, "print_http", print_http)
export_printer(__name__, "print_rtsp", print_rtsp)
export_printer(__name__, "print_sip", print_sip)
