"""Write the golden captures and their expected texts anew: `python tests/golden/regenerate.py [NAME]...`.

Look at `git diff tests/golden/captures` afterwards: each change must be one that was meant.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from captures import CAPTURES
from run import OWN, printed, text_file
from wire import write_pcap


def main(names: list[str]) -> None:
    OWN.mkdir(exist_ok=True)
    for capture in CAPTURES:
        if names and capture.name not in names:
            continue
        savefile = OWN / f"{capture.name}.pcap"
        write_pcap(savefile, capture.linktype, capture.packets, capture.snaplen)
        for flags in capture.flags:
            text_file(capture.name, flags).write_bytes(printed(savefile, flags))


if __name__ == "__main__":
    main(sys.argv[1:])
