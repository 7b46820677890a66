"""From what a pass has found to Python objects; and hellos and HTTP heads out of bytes that are no packet."""

from libc.string cimport memset

from ptcpdump.dissect.cursor cimport *
from ptcpdump.dissect.http cimport find_http
from ptcpdump.dissect.tls cimport read_hello as find_hello_in

from ipaddress import IPv4Address, IPv6Address

from ptcpdump.dissect.model import Http, Tls


cdef bytes bytes_of(bytes data, const Slice *s):
    return data[s.at:s.at + s.len]


cdef str text_of(bytes data, const Slice *s):
    return bytes_of(data, s).decode("ascii", "backslashreplace") if s.len else None


cdef object address_of(int version, const uint8_t *address):
    return IPv4Address(address[:4]) if version == 4 else IPv6Address(address[:16])


cdef tuple versions_of(bytes data, const Slice *s):
    cdef bytes numbers = bytes_of(data, s)
    cdef Py_ssize_t i
    return tuple([numbers[i] << 8 | numbers[i + 1] for i in range(0, len(numbers) - 1, 2)])


cdef tuple protocols_of(bytes data, const Slice *s):
    """The names of a ProtocolNameList; the last one as far as it was captured."""
    cdef bytes names = bytes_of(data, s)
    cdef Py_ssize_t at = 0, n
    found = []
    while at < len(names):
        n = names[at]
        found.append(names[at + 1:at + 1 + n].decode("ascii", "backslashreplace"))
        at += 1 + n
    return tuple(found)


cdef object tls_of(bytes data, const PacketFields *f):
    cdef bint client = f.found & FOUND_CLIENT_HELLO != 0
    if not f.found & (FOUND_CLIENT_HELLO | FOUND_SERVER_HELLO):
        return None
    return Tls(
        hello="client" if client else "server",
        version=f.hello_version,
        versions=versions_of(data, &f.hello_versions),
        server_name=text_of(data, &f.server_name),
        protocols=protocols_of(data, &f.alpn),
        random=bytes_of(data, &f.hello_random),
        cipher_suite=None if client else f.hello_cipher,
        complete=not f.hello_partial,
    )


cdef object http_of(bytes data, const PacketFields *f):
    if f.found & FOUND_HTTP_REQUEST:
        return Http(text_of(data, &f.http_method), text_of(data, &f.http_path), text_of(data, &f.http_host),
                    complete=not f.http_partial)
    return Http(status=f.http_status) if f.found & FOUND_HTTP_RESPONSE else None


# --------------------------------------------------------------------------- out of reassembled bytes

cdef void begin(Cursor *c, PacketFields *f, bytes data):
    memset(f, 0, sizeof(f[0]))
    memset(c, 0, sizeof(c[0]))
    c.start = c.p = data
    c.length = <uint32_t>min(len(data), 0x7fffffff)
    c.end = c.start + c.length


def read_hello(bytes message not None) -> Tls | None:
    """The Client or Server Hello that is this handshake message (RFC 8446, 4: type, length, body), or the start of it."""
    cdef Cursor c
    cdef PacketFields f
    begin(&c, &f, message)
    find_hello_in(&c, &f, c.start, c.length)
    return tls_of(message, &f)


def read_http(bytes data not None) -> Http | None:
    """The head of the HTTP/1 message that begins here."""
    cdef Cursor c
    cdef PacketFields f
    begin(&c, &f, data)
    find_http(&c, &f)
    return http_of(data, &f)
