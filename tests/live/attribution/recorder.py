"""Captures through the library until standard input ends, then hands over the packets: recorder.py FILE SETTINGS.

SETTINGS is JSON, the arguments of ptcpdump.capture(). Says "ready" once the hooks are attached. The packets are pickled
into FILE, with all that the library says of them, how the owner was found included.
"""

import json
import pickle
import sys
import threading
from pathlib import Path

import ptcpdump


def main() -> None:
    with ptcpdump.capture(**json.loads(sys.argv[2])) as capture:
        print("ready", flush=True)
        threading.Thread(target=lambda: (sys.stdin.read(), capture.stop()), daemon=True).start()
        packets = list(capture)
    Path(sys.argv[1]).write_bytes(pickle.dumps(packets))


if __name__ == "__main__":
    main()
