"""`make bench`: every comparison with tcpdump that needs no root, one after the other."""

from benchmarks import printing

if __name__ == "__main__":
    printing.main()
