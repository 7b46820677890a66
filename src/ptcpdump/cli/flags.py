"""The table of flags: one row each, from which the grammar, -h and the README's tables are made."""

from collections.abc import Callable

from ptcpdump.cli import values as v
from ptcpdump.cli.options import CONTEXT
from ptcpdump.context.containers import runtimes
from ptcpdump.context.redaction import CHOICES as REDACTIONS
from ptcpdump.kernel.traits import BACKENDS
from ptcpdump.printers.base.registry import TYPES
from ptcpdump.records import dataclass
from ptcpdump.tls.kinds import ENVIRONMENT, KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Kind = Literal["switch", "count", "value", "list"]


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag.

    names: short ones with one dash, long ones with two, short ones first.
    field: key of the parsed values; mostly the field of Options.
    value: name of the value as help shows it.
    split: makes the parts of a list, each of which is converted.
    const: what a switch sets.
    refused: why the flag is understood but can't be used; empty for all others.
    hidden: left out of help and README.
    """

    section: str
    names: tuple[str, ...]
    field: str
    help: str
    kind: "Kind" = "switch"
    value: str = ""
    convert: Callable[[str], object] = v.text
    split: Callable[[str], list[str]] = v.parts
    const: object = True
    refused: str = ""
    hidden: bool = False

    @property
    def takes_value(self) -> bool:
        """Whether the flag is followed by a value."""
        return self.kind in ("value", "list") or bool(self.refused and self.value)

    @property
    def shown(self) -> str:
        """Names and value, for instance "-c, --receive-count N"."""
        return ", ".join(self.names) + (f" {self.value}" if self.value else "")


def _switch(section: str, names: str, field: str, help: str, const: object = True) -> Flag:
    return Flag(section, tuple(names.split()), field, help, const=const)


def _count(section: str, names: str, field: str, help: str) -> Flag:
    return Flag(section, tuple(names.split()), field, help, kind="count")


def _value(
    section: str,
    names: str,
    field: str,
    value: str,
    help: str,
    convert: Callable[[str], object] = v.text,
) -> Flag:
    return Flag(section, tuple(names.split()), field, help, kind="value", value=value, convert=convert)


def _list(
    section: str,
    names: str,
    field: str,
    value: str,
    help: str,
    convert: Callable[[str], object] = v.text,
    split: Callable[[str], list[str]] = v.parts,
) -> Flag:
    return Flag(section, tuple(names.split()), field, help, kind="list", value=value, convert=convert, split=split)


def _refused(names: str, value: str, reason: str) -> Flag:
    return Flag("", tuple(names.split()), "", "", value=value, refused=reason, hidden=True)


def _hidden(names: str, field: str, value: str = "", convert: Callable[[str], object] = v.text) -> Flag:
    kind: Kind = "value" if value else "switch"
    return Flag("", tuple(names.split()), field, "", kind=kind, value=value, convert=convert, hidden=True)


CAPTURE = "Capture"
WHO = "Whose packets"
FILTER = "Which packets"
FILES = "Files"
DATA = "Data"
PRINT = "Text"
TLS = "TLS"
RUNTIMES = "Container runtimes"
OTHER = "Other"
SECTIONS = (CAPTURE, WHO, FILTER, FILES, DATA, PRINT, TLS, RUNTIMES, OTHER)

FLAGS: tuple[Flag, ...] = (
    # ---- capture
    _list(CAPTURE, "-i --interface", "interfaces", "NAME,...",
          "interfaces by name (a comma in it as \\,) or number; any: all of them, those that appear later too",
          split=v.interface_names),
    _list(CAPTURE, "--netns", "netns", "NAME,...",
          "network namespaces by name or path; any: all of them, newly: those that appear from now on"),
    _value(CAPTURE, "--backend", "backend", "NAME", f"where packets are taken: {v.listed(BACKENDS)}",
           v.choice(*BACKENDS)),
    _value(CAPTURE, "-Q --direction", "direction", "in|out|inout", "only packets that come in, or go out",
           v.choice("in", "out", "inout")),
    _value(CAPTURE, "-c --receive-count", "max_packets", "N", "stop after N packets", v.number(1, v.INT64_MAX)),
    _value(CAPTURE, "-s --snapshot-length", "snaplen", "BYTES",
           "keep at most this much of a packet; 0 means 262144, the default", v.snapshot_length),
    _value(CAPTURE, "-B --buffer-size", "buffer_kib", "KIB", "size of the buffers between kernel and us, all together",
           v.number(1, 2**21 - 1)),
    _switch(CAPTURE, "--immediate-mode", "immediate", "deliver each packet at once"),
    _switch(CAPTURE, "-p --no-promiscuous-mode", "no_promiscuous",
            "accepted: interfaces are never put into promiscuous mode"),
    _value(CAPTURE, "-j --time-stamp-type", "time_stamp_type", "TYPE", "source of time stamps: host",
           v.time_stamp_type),
    _value(CAPTURE, "-y --linktype", "linktype", "NAME",
           "link type that -d compiles for; a capture whose packets have another one is refused"),
    _value(CAPTURE, "-Z --relinquish-privileges", "user", "USER", "become this user once all is opened", v.user_name),
    _value(CAPTURE, "--kernel-btf", "kernel_btf", "FILE", "type information of the kernel, where it has none itself"),
    _value(CAPTURE, "--delay-before-handle-packet-events", "packet_delay", "TIME",
           "wait once before the first packet is handled", v.duration),
    # ---- whose packets
    _list(WHO, "--pid", "pids", "PID,...", "packets of these processes", v.number(1, 2**22)),
    _list(WHO, "--pname", "process_names", "NAME,...", "packets of processes with these names (a comma in one as \\,)"),
    _list(WHO, "--uid", "uids", "USER,...", "packets of processes of these users, by number or name", v.user_id),
    _switch(WHO, "-f --follow-forks", "follow_forks", "and of their descendants (not tcpdump's -f)"),
    _list(WHO, "--container-id", "container_ids", "ID,...", "packets of containers by id or the start of it"),
    _list(WHO, "--container-name", "container_names", "NAME,...", "packets of containers by name"),
    _list(WHO, "--pod-name", "pod_names", "NAME[.NAMESPACE],...",
          "packets of pods; the namespace is behind the last dot, else it is default", v.pod_name),
    _switch(WHO, "--disable-reverse-match", "peer_match",
            "don't look at the receiver's end when a sender is not known", const=False),
    # ---- which packets
    _value(FILTER, "-F --expression-file", "expression_file", "FILE", "read the expression from a file"),
    _count(FILTER, "-d", "dump_filter",
           "print the compiled expression and stop: -d listing, -dd C, -ddd decimal, -dddd eBPF"),
    _switch(FILTER, "-O --no-optimize", "optimize", "don't optimize the compiled expression", const=False),
    _value(FILTER, "--skip", "skip", "N", "pass over the first N packets", v.number(0, v.INT64_MAX)),
    _value(FILTER, "--print-sampling", "print_sampling", "N", "print every N-th packet; implies -S",
           v.number(1, v.INT64_MAX)),
    # ---- files
    _value(FILES, "-r --read-file", "read_file", "FILE", "read pcap or pcapng instead of capturing; -: standard input"),
    _value(FILES, "-V", "file_list", "FILE", "read the savefiles that are listed in a file"),
    _value(FILES, "-w --write-file", "write_file", "FILE",
           "write packets and their context as pcapng, or as pcap if so named; -: standard output"),
    _value(FILES, "--comments", "comments", "every|first|none",
           "which packets of a pcapng file have comments on their owner: every one (default), the first of each flow "
           "and owner, or none; all lean on process blocks", v.choice("every", "first", "none")),
    _list(FILES, "--redact", "redact", "WHAT,...", "what not to tell of owners, or of TLS: " + ", ".join(REDACTIONS),
          v.choice(*REDACTIONS)),
    _switch(FILES, "--print", "print_packets", "print packets although -w is given"),
    _switch(FILES, "-U --packet-buffered", "packet_buffered", "write each packet at once"),
    _value(FILES, "-C --file-size", "file_size", "SIZE",
           "next file after so many million bytes; k, m, g: in KiB, MiB, GiB", v.file_size),
    _value(FILES, "-G", "rotate_seconds", "SECONDS", "next file after this time; the name may hold strftime(3) codes",
           v.number(1, 2**31 - 1)),
    _value(FILES, "-W --file-count", "file_count", "N",
           "with -C or --keep a ring of N files, with -G stop after N files",
           v.number(1, 2**31 - 1)),
    _value(FILES, "-z", "post_rotate", "COMMAND", "run COMMAND FILE on each finished file"),
    _value(FILES, "--compress", "compress", "gzip|zstd",
           "compress the file of -w while it is written; -C counts plain bytes",
           v.choice("gzip", "zstd")),
    _value(FILES, "--keep", "keep", "TIME|SIZE", "keep the packets of this time (30s), or of this size (64MiB), in "
           "memory, until --dump-on writes them to -w's file, and as much after them", v.keep),
    _list(FILES, "--dump-on", "dump_on", "EXPRESSION|exit|signal", "when to write what --keep keeps: when a packet "
          "matches, at the end of the run, at SIGUSR2; each time another file, numbered as with -C",
          split=lambda value: [value]),
    _switch(FILES, "--count", "count_only", "print only the number of packets"),
    _value(FILES, "--unpack-limit", "unpack_limit", "RATIO",
           "refuse a compressed file that gets more than RATIO times as large (250); 0: none", v.number(0, 2**31 - 1)),
    # ---- data
    _switch(DATA, "--json", "json",
            "print packets as JSON, an object a line, its names those of the Elastic Common Schema; with -w as well"),
    _value(DATA, "--parquet", "parquet", "FILE|DIR",
           "write packets as Parquet; in a folder by date and host; -C and -G begin new files"),
    _switch(DATA, "--json-schema", "json_schema", "print the JSON Schema of these objects"),
    # ---- text
    _count(PRINT, "-v --verbose", "verbose", "more of each packet, and its process in full; -vv, -vvv: even more"),
    _switch(PRINT, "-q --quiet", "quiet", "less of each packet"),
    _list(PRINT, "--context", "context", "WHAT,...", "what to tell of the owner: " + ", ".join(CONTEXT) + " (all)",
          v.choice(*CONTEXT)),
    _switch(PRINT, "--oneline", "oneline", "join what -v prints on one line"),
    _switch(PRINT, "-g --ip-oneline", "ip_oneline", "no line break behind the IP header with -v"),
    _count(PRINT, "-n --no-convert-addr", "numeric", "numbers instead of names for addresses and ports"),
    _switch(PRINT, "-N", "no_domain", "host names without domain"),
    _count(PRINT, "-t --print-timestamp", "time_format",
           "-t: no time, -tt: seconds since 1970, -ttt: since the previous packet, -tttt: with date, "
           "-ttttt: since the first packet"),
    _switch(PRINT, "--micro", "precision", "times in microseconds (default)", const="micro"),
    _switch(PRINT, "--nano", "precision", "times in nanoseconds", const="nano"),
    _value(PRINT, "--time-stamp-precision", "precision", "micro|nano", "the same", v.choice("micro", "nano")),
    _switch(PRINT, "--utc-time", "utc", "times in UTC"),
    _switch(PRINT, "-# --number", "number", "number the packets"),
    _switch(PRINT, "-e", "link_header", "print the link-level header"),
    _switch(PRINT, "-S --absolute-tcp-sequence-numbers", "absolute_seq", "TCP sequence numbers as they are"),
    _switch(PRINT, "-K --dont-verify-checksums", "verify_checksums", "don't verify checksums", const=False),
    _count(PRINT, "-x --print-data-in-hex", "hex", "print packets in hex; -xx: with link header"),
    _count(PRINT, "-X --print-data-in-hex-ascii", "hex_ascii", "print packets in hex and ASCII; -XX: with link header"),
    _count(PRINT, "-A --print-data-in-ascii", "ascii", "print packets in ASCII; -AA: with link header"),
    _switch(PRINT, "--lengths", "lengths", "print captured and original length first"),
    _value(PRINT, "-T", "force_type", "TYPE", "take packets of the ports in the expression as TYPE: " +
           ", ".join(TYPES), v.forced_type),
    _switch(PRINT, "-b", "asdot", "AS numbers of BGP as 1.10"),
    _switch(PRINT, "-H", "unused", "802.11s mesh headers (no effect: 802.11 is not decoded)"),
    _switch(PRINT, "-u", "unused", "NFS handles undecoded"),
    _switch(PRINT, "-l", "line_buffered", "write each line at once"),
    # ---- TLS
    _value(TLS, "--write-keylog-file", "write_keylog_file", "FILE",
           "add the TLS keys of captured programs to a key log, as Wireshark reads it"),
    _switch(TLS, "--decrypt", "decrypt",
            "show the HTTP in TLS and QUIC connections, by the keys of captured programs or those in the file of -r"),
    _value(TLS, "--keylog-file", "keylog_file", "FILE",
           "with --decrypt: and by those in this key log, which may grow meanwhile"),
    _value(TLS, "--http-host", "http_host", "GLOB",
           "with --decrypt: only packets that complete an HTTP message of such a host"),
    _value(TLS, "--http-path", "http_path", "GLOB", "with --decrypt: likewise of such a path, query included"),
    _value(TLS, "--write-plaintext", "write_plaintext", "FILE",
           "with --decrypt: write what is decrypted as exported PDUs to a pcapng file, for Wireshark"),
    _switch(TLS, "--embed-keylog-to-pcapng", "embed_keys",
            "write these keys into the file of -w, each before the first packet that needs it"),
    _value(TLS, "--tls-keys", "tls_keys", "auto|off|KIND,...",
           "whose keys are taken when keys are asked for; auto, the default: those of all, " + ", ".join(KINDS) +
           f"; {ENVIRONMENT}: what the command behind -- writes itself, too",
           v.tls_kinds),
    # ---- container runtimes
    *(_value(RUNTIMES, row.flag, row.flag, "SOCKET", row.about, v.socket_address) for row in runtimes.RUNTIMES),
    # ---- other
    _switch(OTHER, "-D --list-interfaces", "list_interfaces", "list interfaces, with -v in detail"),
    _switch(OTHER, "-L --list-data-link-types", "list_linktypes", "list the link types of -i"),
    _switch(OTHER, "-J --list-time-stamp-types", "list_timestamps", "list the time stamp types of -i"),
    _switch(OTHER, "--install-extcap", "install_extcap",
            "let Wireshark find us among its interfaces; a folder behind it: there"),
    _switch(OTHER, "--doctor", "doctor", "tell what this kernel allows and how packets would be captured"),
    _value(OTHER, "--save-btf", "save_btf", "FILE",
           "write what --kernel-btf needs of this kernel's type information, some kilobytes"),
    _value(OTHER, "--download-btf", "download_btf", "URL",
           "fetch this kernel's type information once, https://...#sha256=..., to where captures look for it",
           v.download),
    _value(OTHER, "--log-level", "log_level", "LEVEL", "how much to say: debug, info, warn (default), error, "
           "fatal (no counters at the end either)",
           v.choice("debug", "info", "warn", "error", "fatal")),
    _switch(OTHER, "--version", "version", "print versions"),
    _switch(OTHER, "-h --help", "help", "print this"),
    # ---- accepted for the sake of old command lines and tests
    _hidden("-a", "unused"),
    _hidden("-m", "mib", "MODULE"),
    _hidden("-M", "md5_secret", "SECRET"),
    _hidden("--event-chan-size", "unused", "N", v.number(0, 2**31 - 1)),
    _hidden("--exec-events-worker-number", "unused", "N", v.number(0, 2**31 - 1)),
    _hidden("--ready-file", "ready_file", "FILE"),
    _hidden("--hint-after", "hint_after", "TIME", v.duration),
    _hidden("--reader-may-leave", "reader_may_leave"),
    # ---- understood, but not possible
    _refused("-E", "SPI@ADDR ALGO:SECRET", "ESP is not decrypted; capture inside the tunnel instead"),
    _refused("-I --monitor-mode", "", "packets are taken above the driver, where monitor mode has none to give"),
    _refused("-Y --debug-filter-parser", "", "libpcap is not built with its parser's debug output; see -d"),
    _refused("--fp-type", "", "it is a helper of tcpdump's own tests"),
    _refused("--time-t-size", "", "it is a helper of tcpdump's own tests"),
)
