"""What a run's flags say about text lines."""

from enum import IntEnum

from ptcpdump.errors import UsageError
from ptcpdump.records import dataclass


class TimeStyle(IntEnum):
    """How often -t was given: what stands at the start of a line."""

    CLOCK = 0       # 12:34:56.123456
    NONE = 1        # -t
    EPOCH = 2       # -tt: seconds since 1970
    PREVIOUS = 3    # -ttt: since the previous line
    DATE = 4        # -tttt: date and clock
    FIRST = 5       # -ttttt: since the first line


@dataclass(frozen=True, slots=True)
class TextOptions:
    """Flags that change text lines; the names of those that the printers take are tcpdump's."""

    verbose: int = 0                    # -v
    quiet: bool = False                 # -q
    numeric: bool = False               # -n
    no_domain: bool = False             # -N
    link_header: bool = False           # -e
    absolute_seq: bool = False          # -S
    no_checksums: bool = False          # -K
    lengths: bool = False               # --lengths
    asdot: bool = False                 # -b
    ip_oneline: bool = False            # -g
    hex: int = 0                        # -x; -xx: with link header; of these three one at most
    hex_ascii: int = 0                  # -X
    ascii: int = 0                      # -A
    force: str = ""                     # -T
    times: TimeStyle = TimeStyle.CLOCK  # -t
    nano: bool = False                  # --nano
    utc: bool = False                   # --utc-time
    number: bool = False                # -#
    oneline: bool = False               # --oneline
    sampling: int = 0                   # --print-sampling: only every n-th packet; 0: all
    skipped: int = 0                    # --skip: numbers start behind so many packets


def check_text_options(text: object) -> None:
    """Raise UsageError for what the library can't take for these."""
    if text is not None and not isinstance(text, TextOptions):
        raise UsageError(f"text={text!r}: must be a ptcpdump.TextOptions, or None for no lines")
