"""Captures through the library until standard input ends, and hands over the packets in pieces: recorder.py SETTINGS.

SETTINGS is JSON, the arguments of ptcpdump.capture(). Writes pickles to standard output: "ready" once the hooks are
attached, then, each time that a mark goes out (see roles.py), the list of the packets since the mark before, with all
that the library says of them, how the owner was found included.
"""

import json
import pickle
import sys
import threading

from role_parts import MARK

import ptcpdump


def hand_over(what: object) -> None:
    pickle.dump(what, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def main() -> None:
    with ptcpdump.capture(**json.loads(sys.argv[1])) as capture:
        hand_over("ready")
        threading.Thread(target=lambda: (sys.stdin.read(), capture.stop()), daemon=True).start()
        piece = []
        for packet in capture:
            if MARK not in packet.data:
                piece.append(packet)
            elif packet.direction == ptcpdump.Direction.OUT:
                hand_over(piece)
                piece = []


if __name__ == "__main__":
    main()
