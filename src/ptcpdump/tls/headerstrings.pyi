"""Numbers and strings in headers of HTTP/2 (RFC 7541, 5), Huffman's code by the table of the package hpack."""

NAMES: tuple[bytes, ...]    # that matter: what requests.pyx asks for
