# Texts of a context as lines show it.


cpdef str prefix(context)
cpdef str suffix(context)
# found: see Renderer
cpdef str block(context, bint found)
