"""The lines of HTTP/1's heads (RFC 9112), as far as they matter to an observer; for Cython modules, see the .pxd."""
