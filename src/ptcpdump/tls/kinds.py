"""The kinds of programs and libraries whose TLS keys can be taken."""

KINDS = ("go", "openssl", "gnutls", "boringssl")
