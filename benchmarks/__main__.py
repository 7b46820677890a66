"""`make bench`: every comparison with tcpdump, one after the other; live capture only as root."""

import os
import shutil

from benchmarks import live, printing, startup

if __name__ == "__main__":
    printing.main()
    if os.geteuid() == 0:
        live.main()
        if shutil.which("dockerd"):
            startup.main()
