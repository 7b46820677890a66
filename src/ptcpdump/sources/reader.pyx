"""What the readers of all savefile formats have in common."""

from ptcpdump.errors import SavefileError


cdef class SavefileReader:
    """Gives a savefile's packets in order. Made by open_savefile().

    interfaces: the interface table so far (pcapng may add rows between packets). secrets: (kind, bytes) of the
    decryption secrets met so far. A file that ends in the middle of a packet or that is malformed gives all packets
    before that place, then raises SavefileError with file, byte offset and cause.
    """

    def __cinit__(self, Stream stream not None, *_of_subclasses):
        self.stream = stream
        self.interfaces = []
        self.secrets = []
        self.fresh_secrets = []
        self.news = True

    cdef int next(self, Packet *p) except -1 nogil:
        return 0

    cdef int announce(self, Sink sink) except -1:
        """Tell the sink what it has to know before the next packet."""
        while self.announced < len(self.interfaces):
            sink.add_interface(self.interfaces[self.announced])
            self.announced += 1
        while self.fresh_secrets:
            kind, secrets = self.fresh_secrets.pop(0)
            sink.write_secrets(kind, secrets)
        self.news = False
        return 0

    cdef int end_of_file(self, uint64_t wanted) except -1 nogil:
        """The file ends where a record may begin: 0 if it ends exactly there, else raise."""
        if self.stream.ready() == 0 and self.stream.damage is None:
            return 0
        return self.truncated(wanted, b"header")

    cdef int truncated(self, uint64_t wanted, const char *what) except -1 nogil:
        """The file ends before `wanted` bytes: raise, or 0 when somebody stopped the reading."""
        if self.stream.stopped:
            return 0
        with gil:
            if self.stream.damage is not None:
                self.malformed(self.stream.damage)
            self.malformed(f"truncated dump file; tried to read {wanted} {what.decode()} bytes, "
                           f"only got {self.stream.ready()}")

    cdef int malformed(self, str cause) except -1:
        raise SavefileError(f"{self.stream.name}: {cause} (at byte {self.stream.offset()})")

    @property
    def name(self) -> str:
        """The file's path as it was given."""
        return self.stream.name

    def stop(self) -> None:
        """End the reading quietly at the next packet; meant for signal handlers."""
        self.stream.stop()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self.stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_error) -> None:
        self.close()
