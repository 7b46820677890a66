"""What the readers of all savefile formats have in common."""

from ptcpdump.errors import SavefileError


cdef class SavefileReader(Source):
    """Gives a savefile's packets in order. Made by open_savefile().

    table: the run's interface table (ptcpdump.sources.rows.Rows), in which each interface of the file gets a row.
    interfaces: those met so far (pcapng may describe more between packets). A file that ends in the middle of a packet
    or that is malformed gives all packets before that place, then raises SavefileError with file, byte offset and cause.
    """

    def __cinit__(self, Stream stream not None, table not None, *_of_subclasses):
        self.stream = stream
        self.table = table
        self.interfaces = []
        self.rows = []

    cdef int end_of_file(self, uint64_t wanted) except -1 nogil:
        if self.stream.stopped or (self.stream.at_end and self.stream.ready() == 0 and self.stream.damage is None):
            self.finished = True
            return 0
        return self.truncated(wanted, b"header")

    cdef int truncated(self, uint64_t wanted, const char *what) except -1 nogil:
        if self.stream.stopped:
            self.finished = True
            return 0
        if self.stream.short:
            return 0
        with gil:
            self.finished = True
            if self.stream.damage is not None:
                self.malformed(self.stream.damage)
            self.malformed(f"truncated dump file; tried to read {wanted} {what.decode()} bytes, "
                           f"only got {self.stream.ready()}")

    cdef int take_row(self, interface, nth=0) except -1:
        row = self.table.row(interface, nth)
        self.interfaces.append(interface)
        self.rows.append(row)
        return row

    cdef int malformed(self, str cause) except -1:
        self.finished = True
        raise SavefileError(f"{self.stream.name}: {cause} (at byte {self.stream.offset()})")

    @property
    def name(self) -> str:
        """The file's path as it was given."""
        return self.stream.name

    def wait(self, seconds=None) -> bool:
        """Wait until the file goes on: a pipe may be written still. A second at most, for sinks have to be flushed."""
        if not self.finished:
            self.stream.wait_for_more(1.0 if seconds is None else min(seconds, 1.0))
        return True

    def stop(self) -> None:
        """End the reading quietly at the next packet; meant for signal handlers."""
        self.stopped = True
        self.stream.stop()

    def close(self) -> None:
        """Close the file and let go of its rows; a second call does nothing."""
        self.finished = True
        self.stream.close()
        while self.rows:
            self.table.release(self.rows.pop())
