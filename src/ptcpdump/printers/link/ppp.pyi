"""PPP framing."""

def name_of_protocol(number: int) -> str | None:
    """What tcpdump calls a PPP protocol number, None where it has no name."""
