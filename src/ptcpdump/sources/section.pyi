class MalformedError(Exception):
    """A block that can't be understood; the text says why."""
