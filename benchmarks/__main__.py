"""`make bench`: every comparison with tcpdump, one after the other, and what has none; live capture only as root."""

import os
import shutil

from benchmarks import data, devices, dissect, live, printing, savefiles, sender, startup, tls

if __name__ == "__main__":
    printing.main()
    dissect.main()
    data.main()
    savefiles.main()
    tls.main()
    if os.geteuid() == 0:
        live.main()
        sender.main()
        devices.main()
        if shutil.which("dockerd"):
            startup.main()
