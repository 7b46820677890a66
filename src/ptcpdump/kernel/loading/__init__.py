"""Which programs and buffers a run gets, and what this kernel allows."""
