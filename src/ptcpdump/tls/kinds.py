"""The kinds of programs and libraries whose TLS keys can be taken by probes, and by what they write themselves."""

KINDS = ("go", "openssl", "gnutls", "boringssl")
ENVIRONMENT = "environment"     # what a command writes by its SSLKEYLOGFILE: only where that is asked for
