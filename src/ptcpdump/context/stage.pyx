"""The stage between a run's filter and its sinks: whose a packet is, as ready-made text.

Sources say what they know of an owner in their own words (see Packet in packet.pxd): the kernel's owner key, comments of
a savefile, or a Context made in Python. Each becomes text once, when it is met first.
"""

from ptcpdump.context.comments import comments_of, parse_comments


cdef class ContextStage:
    """Sets the context of packets.

    renderer: a context.render.Renderer, how contexts look. wanted(Context or None) says whether the run's owner filter
    lets an owner pass; without it all do. processes and resolve: see OwnerTexts; without them owners of packets that
    are captured live stay unknown.
    """

    def __cinit__(self, renderer not None, wanted=None, *, processes=None, resolve=None):
        self.renderer = renderer
        self.wanted = wanted
        self.comments = ContextCache(_of_comments, renderer, wanted)
        if resolve is not None:
            self.owners = OwnerTexts(self.comments, processes, resolve)

    cdef int look_up_rare(self, Packet *p) except -1 nogil:
        with gil:
            if p.known != NULL:
                if self.known is None:
                    self.known = ContextCache(self._of_known, self.renderer, self.wanted)
                # the cache keeps the Context alive, so no other one has its address meanwhile
                self.asked = <object>p.known
                p.context = self.known.find(<const uint8_t *>&p.known, sizeof(p.known))
            else:
                if self.swapped is None:
                    self.swapped = ContextCache(_of_swapped_comments, self.renderer, self.wanted)
                p.context = self.swapped.find(<const uint8_t *>p.comments.data, p.comments.len)
        return 0

    def _of_known(self, _key: bytes):
        return self.asked, ()


def _of_comments(key: bytes):
    return parse_comments(comments_of(key, swapped=False))


def _of_swapped_comments(key: bytes):
    return parse_comments(comments_of(key, swapped=True))
