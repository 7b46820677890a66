"""QUIC's packets, decrypted by the secrets of the TLS handshake in them, and the HTTP/3 that they carry."""
