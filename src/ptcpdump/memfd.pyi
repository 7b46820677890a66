def memory_file(name: str) -> int:
    """The descriptor of an empty file in memory that programs we start don't get (memfd_create(2), Linux 3.17).

    Raises OSError.
    """
