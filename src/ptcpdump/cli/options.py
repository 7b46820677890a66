"""What a run is asked to do: the command line as typed, checked, frozen data."""

from collections.abc import Mapping

from ptcpdump.kernel.traits import DEFAULT
from ptcpdump.records import dataclass, field
from ptcpdump.tls.kinds import ENVIRONMENT, KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Direction = Literal["in", "out", "inout"]
    Precision = Literal["micro", "nano"]
    Comments = Literal["every", "first", "none"]
    LogLevel = Literal["debug", "info", "warn", "error", "fatal"]
    Command = Literal[
        "capture",
        "read",
        "interfaces",
        "linktypes",
        "timestamps",
        "dump_filter",
        "doctor",
        "save_btf",
        "download_btf",
        "json_schema",
        "extcap",
        "install_extcap",
        "sql",
        "version",
        "help",
    ]

DEFAULT_SNAPLEN = 262144
CONTEXT = ("process", "thread", "parentproc", "user", "container", "pod")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One run. Every field is a flag of the same meaning; flags.py names the flag of each field.

    Counts are numbers of packets, sizes bytes and durations seconds unless a field says otherwise; 0 means no limit, an
    empty string or tuple "not given".
    """

    command: "Command" = "capture"

    # where packets come from
    interfaces: tuple[str, ...] = ()     # names, indexes as text, or "any"; empty: the command's default
    netns: tuple[str, ...] = ()          # names, paths, "any" or "newly"; empty: our own
    backend: str = DEFAULT.name
    direction: "Direction" = "inout"
    snaplen: int = DEFAULT_SNAPLEN
    buffer_kib: int = 0                  # 0: the default of the backend
    linktype: str = ""                   # -y: a name as libpcap knows it
    time_stamp_type: str = "host"
    kernel_btf: str = ""
    save_btf: str = ""
    download_btf: tuple[str, ...] = ()   # URL, SHA-256 in hexadecimal
    program: tuple[str, ...] = ()        # -- CMD ARGS
    user: str = ""                       # -Z
    packet_delay: float = 0.0            # wait once before packets are taken
    read_file: str = ""                  # "-": standard input
    file_list: str = ""                  # -V
    ready_file: str = ""                 # written once the hooks are attached
    hint_after: float = 10.0             # seconds without packets after which to say what may be the reason
    reader_may_leave: bool = False       # -w -: that its reader closes the pipe is how it ends a capture (Wireshark)

    # which packets
    expression: str = ""                 # words of the command line, or the contents of -F
    optimize: bool = True
    dump_filter: int = 0                 # number of -d
    pids: tuple[int, ...] = ()
    process_names: tuple[str, ...] = ()
    uids: tuple[int, ...] = ()
    follow_forks: bool = False
    container_ids: tuple[str, ...] = ()
    container_names: tuple[str, ...] = ()
    pod_names: tuple[tuple[str, str], ...] = ()  # name, namespace
    peer_match: bool = True
    max_packets: int = 0                 # -c
    skip: int = 0
    print_sampling: int = 0              # print every n-th packet; 0: each

    unpack_limit: int | None = None      # --unpack-limit; None: the usual one, 0: none

    # files written
    write_file: str = ""                 # "-": standard output
    comments: "Comments" = "every"        # which packets have them
    redact: tuple[str, ...] = ()         # what is not told of owners
    print_packets: bool = False          # --print: text as well as a file
    file_size: int = 0                   # -C
    file_count: int = 0                  # -W
    rotate_seconds: int = 0              # -G
    post_rotate: str = ""                # -z
    compress: str = ""                   # "gzip", "zstd"
    keep: tuple[float, int] = (0.0, 0)   # --keep: seconds, bytes of memory
    dump_on: tuple[str, ...] = ()        # expressions, "exit", "signal"
    packet_buffered: bool = False        # -U
    line_buffered: bool = False          # -l
    immediate: bool = False              # --immediate-mode

    # data
    json: bool = False                   # --json: packets are printed as JSON
    parquet: str = ""                    # a file, or a folder

    # TLS
    write_keylog_file: str = ""
    decrypt: bool = False
    keylog_file: str = ""                # --keylog-file: keys to decrypt by
    http_host: str = ""                  # --http-host and --http-path: globs of what --decrypt shows
    http_path: str = ""
    write_plaintext: str = ""
    embed_keys: bool = False             # --embed-keylog-to-pcapng
    tls_keys: tuple[str, ...] = KINDS    # kinds of programs whose keys are taken, when keys are wanted

    # what a packet looks like
    verbose: int = 0
    quiet: bool = False
    time_format: int = 0                 # number of -t, 0 to 5
    precision: "Precision" = "micro"
    utc: bool = False
    number: bool = False
    numeric: int = 0                     # number of -n
    no_domain: bool = False
    link_header: bool = False
    absolute_seq: bool = False
    verify_checksums: bool = True
    hex: int = 0                         # number of -x
    hex_ascii: int = 0                   # number of -X
    ascii: int = 0                       # number of -A
    lengths: bool = False
    count_only: bool = False             # --count
    force_type: str = ""                 # -T
    asdot: bool = False                  # -b
    oneline: bool = False
    ip_oneline: bool = False             # -g
    context: tuple[str, ...] = CONTEXT

    runtimes: Mapping[str, str] = field(default_factory=dict)   # addresses by name of the container runtime

    log_level: "LogLevel" = "warn"
    sql: tuple[str, ...] = ()            # words behind `sql`, instead of all else
    extcap: tuple[str, ...] = ()         # Wireshark's words, instead of all else
    warnings: tuple[str, ...] = ()       # what to tell of the command line before the run

    @property
    def reads_files(self) -> bool:
        """Whether packets come from savefiles."""
        return bool(self.read_file or self.file_list)

    @property
    def prints(self) -> bool:
        """Whether packets are written to standard output, as text or as JSON."""
        writes = bool(self.write_file or self.parquet)
        return not self.count_only and (not writes or self.print_packets or self.json)

    @property
    def wants_keys(self) -> bool:
        """Whether TLS keys of running programs are asked for."""
        asked = self.write_keylog_file or self.embed_keys or (self.decrypt and not self.reads_files)
        return bool(asked and self.tls_keys)

    @property
    def probed(self) -> frozenset[str]:
        """The kinds of programs that are probed for their keys."""
        return frozenset(self.tls_keys if self.wants_keys else ()) - {ENVIRONMENT}

    @property
    def keys_by_environment(self) -> bool:
        """Whether the command writes keys to a file that its environment names."""
        return self.wants_keys and ENVIRONMENT in self.tls_keys

    @property
    def makes_lines(self) -> bool:
        """Whether lines of text are made, be it for records that hold them."""
        return self.prints or bool(self.parquet)

    @property
    def writes_owners(self) -> bool:
        """Whether a savefile is written that holds owners: any but pcap."""
        name = self.write_file.removesuffix(".gz").removesuffix(".zst")
        return bool(name) and not name.endswith(".pcap")

    @property
    def loud(self) -> bool:
        """Whether warnings and the lines at the start are wanted."""
        return self.log_level in ("debug", "info", "warn")

    @property
    def silent(self) -> bool:
        """Whether nothing but what ends the run is said."""
        return self.log_level == "fatal"

    @property
    def follows_output(self) -> bool:
        """Whether somebody waits for each line or packet, so that nothing may stay in a buffer."""
        return self.line_buffered or self.packet_buffered or self.immediate
