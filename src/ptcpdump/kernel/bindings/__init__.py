"""libbpf, maps, rings and raw programs: the C libraries and system calls as Python and Cython see them."""
