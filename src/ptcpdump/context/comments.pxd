# Contexts of comments, and of comments together with process blocks.


# (context or None, the comments that are not about context)
cpdef tuple parse_comments(comments)
# What a packet's comments say of its owner (a Context or None), and what they leave out as its process's block says it.
cdef object completed(said, base)
# Of what a comment and a block say of a process the block's, unless they speak of two programs.
cdef object fuller(said, base)
