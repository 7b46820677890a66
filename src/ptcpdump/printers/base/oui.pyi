"""Names of organisationally unique identifiers."""

def name_of_oui(oui: int) -> str | None:
    """The organisation that tcpdump names for these 24 bits, None where it names none."""
