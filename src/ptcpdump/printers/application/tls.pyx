"""Client and Server Hello of TLS (RFC 8446, RFC 5246): server name, application protocols, version.

A TCP segment is shown so when it begins with a TLS record, on every port that has no printer of its own. Nothing is
reassembled: of a hello that goes on in the next segment, or was cut by the snapshot length, that is shown which is here.
"""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.application.dns_names cimport say_text

cdef enum:
    RECORD_HEADER = 5
    RECORD_MAX = 18432          # 2^14 bytes and what protection adds (RFC 5246, 6.2.3)
    CONTENT_CHANGE_CIPHER = 20
    CONTENT_HANDSHAKE = 22
    CONTENT_APPLICATION = 23
    MESSAGE_HEADER = 4
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    RANDOM = 32
    EXTENSION_SERVER_NAME = 0           # RFC 6066, 3
    EXTENSION_PROTOCOLS = 16            # ALPN, RFC 7301
    EXTENSION_SUPPORTED_VERSIONS = 43


# A vector: a run of bytes, as far as they were captured.
cdef struct Vector:
    const uint8_t *p
    uint32_t n


cdef struct Hello:
    uint32_t version
    Vector server_name
    Vector protocols            # ALPN: a length byte before each name
    Vector versions             # those that a client offers, 2 bytes each


cdef bint take(Vector *rest, int prefix, Vector *out) noexcept nogil:
    """Cut the vector that stands at the start of `rest` behind `prefix` bytes of length; False when there is none."""
    cdef uint32_t n = 0
    cdef int i
    if rest.n < <uint32_t>prefix:
        return False
    for i in range(prefix):
        n = n << 8 | rest.p[i]
    rest.p += prefix
    rest.n -= prefix
    out.p = rest.p
    out.n = min(n, rest.n)
    rest.p += out.n
    rest.n -= out.n
    return True


cdef bint skip(Vector *rest, uint32_t n) noexcept nogil:
    if rest.n < n:
        return False
    rest.p += n
    rest.n -= n
    return True


cdef void read_extension(uint32_t kind, Vector body, bint client, Hello *hello) noexcept nogil:
    cdef Vector entries
    if kind == EXTENSION_SERVER_NAME:
        # the list has one entry in practice: type 0, a host name
        if take(&body, 2, &entries) and entries.n >= 3 and entries.p[0] == 0 and skip(&entries, 1):
            take(&entries, 2, &hello.server_name)
    elif kind == EXTENSION_PROTOCOLS:
        take(&body, 2, &hello.protocols)
    elif kind == EXTENSION_SUPPORTED_VERSIONS:
        if client:
            take(&body, 1, &hello.versions)
        elif body.n >= 2:
            hello.version = <uint32_t>body.p[0] << 8 | body.p[1]


cdef void read_hello(Vector body, bint client, Hello *hello) noexcept nogil:
    """Fill in what the hello says, as far as it goes; its version field was read already."""
    cdef Vector ignored, extensions, extension
    cdef uint32_t kind
    if not skip(&body, 2 + RANDOM) or not take(&body, 1, &ignored):     # session id
        return
    if client:
        if not take(&body, 2, &ignored) or not take(&body, 1, &ignored):    # cipher suites, compression methods
            return
    elif not skip(&body, 3):                                                # the chosen ones
        return
    if not take(&body, 2, &extensions):
        return
    while extensions.n >= 4:
        kind = <uint32_t>extensions.p[0] << 8 | extensions.p[1]
        skip(&extensions, 2)
        take(&extensions, 2, &extension)
        read_extension(kind, extension, client, hello)


cdef void say_version(Dissection *d, uint32_t version) noexcept nogil:
    if version == 0x0300:
        say(d, b"SSLv3")
    elif 0x0301 <= version <= 0x0304:
        say_value(d, b"TLSv1.", version - 0x0301)
    else:
        say(d, b"TLS 0x")
        say_hex(d, version, 4)


cdef void say_protocols(Dissection *d, Vector names) noexcept nogil:
    cdef Vector name
    cdef bint first = True
    say(d, b" (ALPN=")
    while take(&names, 1, &name):
        if not first:
            say_char(d, b',')
        first = False
        say_text(d, name.p, name.n)
    say_char(d, b')')


cdef void say_offered(Dissection *d, Vector versions) noexcept nogil:
    """The versions of the extension, without the reserved values that keep servers tolerant (RFC 8701)."""
    cdef bint first = True
    cdef uint32_t version
    say(d, b" (versions=")
    while versions.n >= 2:
        version = <uint32_t>versions.p[0] << 8 | versions.p[1]
        skip(&versions, 2)
        if version & 0x0f0f == 0x0a0a:
            continue
        if not first:
            say_char(d, b',')
        first = False
        say_version(d, version)
    say_char(d, b')')


cdef void say_hello(Dissection *d, Vector body, bint client, uint32_t record_version) noexcept nogil:
    cdef Hello hello
    hello.server_name.n = hello.protocols.n = hello.versions.n = 0
    hello.version = <uint32_t>body.p[0] << 8 | body.p[1]
    read_hello(body, client, &hello)
    say_version(d, record_version if client else hello.version)
    say_either(d, client, b": Client Hello", b": Server Hello")
    if hello.server_name.n:
        say(d, b" (SNI=")
        say_text(d, hello.server_name.p, hello.server_name.n)
        say_char(d, b')')
    if hello.protocols.n:
        say_protocols(d, hello.protocols)
    if d.opt.verbose and hello.versions.n:
        say_offered(d, hello.versions)


cdef bint plausible(uint32_t kind, uint32_t declared, const Vector *body) noexcept nogil:
    """Whether a handshake message is a hello: encrypted ones look like anything."""
    return (kind == CLIENT_HELLO or kind == SERVER_HELLO) and declared >= 2 + RANDOM + 1 and body.n >= 2 and body.p[0] == 3


cdef bint print_tls_hellos(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Print the hellos of the TLS records at p; False, and nothing printed, when there are none."""
    cdef Vector segment, record, message
    cdef uint32_t content, version, kind, declared
    cdef bint found = False
    segment.p = p
    segment.n = min(length, left(d, p))
    while segment.n > RECORD_HEADER:
        content = segment.p[0]
        version = <uint32_t>segment.p[1] << 8 | segment.p[2]
        if not (CONTENT_CHANGE_CIPHER <= content <= CONTENT_APPLICATION and 0x0300 <= version <= 0x0304
                and (<uint32_t>segment.p[3] << 8 | segment.p[4]) <= RECORD_MAX):
            break
        skip(&segment, 3)
        take(&segment, 2, &record)
        while content == CONTENT_HANDSHAKE and record.n > MESSAGE_HEADER:
            kind = record.p[0]
            declared = <uint32_t>record.p[1] << 16 | <uint32_t>record.p[2] << 8 | record.p[3]
            skip(&record, 1)
            take(&record, 3, &message)
            if plausible(kind, declared, &message):
                say_either(d, found, b", ", b": ")
                found = True
                say_hello(d, message, kind == CLIENT_HELLO, version)
    return found
