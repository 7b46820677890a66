"""From a parsed command line to Options: defaults, and what goes together with what."""

import os

from ptcpdump.cli.grammar import parse
from ptcpdump.cli.options import Options
from ptcpdump.context.containers.runtimes import RUNTIMES
from ptcpdump.errors import UsageError
from ptcpdump.lazy import lazy_modules
from ptcpdump.tls.kinds import ENVIRONMENT, KINDS

with lazy_modules:
    import pathlib
    import shutil

    from ptcpdump.cli import whole_file
    from ptcpdump.sinks import packing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ptcpdump.cli.options import Command

_COMMANDS: "tuple[tuple[str, Command], ...]" = (  # the first that was asked for is run
    ("help", "help"),
    ("version", "version"),
    ("json_schema", "json_schema"),
    ("install_extcap", "install_extcap"),
    ("doctor", "doctor"),
    ("save_btf", "save_btf"),
    ("download_btf", "download_btf"),
    ("list_interfaces", "interfaces"),
    ("list_linktypes", "linktypes"),
    ("list_timestamps", "timestamps"),
    ("dump_filter", "dump_filter"),
    ("read_file", "read"),
    ("file_list", "read"),
)
_OTHER_KEYS = {  # parsed values that are no fields of Options
    "help", "version", "json_schema", "install_extcap", "doctor", "list_interfaces", "list_linktypes",
    "list_timestamps", "expression_file", "no_promiscuous", "unused", "mib", "md5_secret",
    *(row.flag for row in RUNTIMES),
}


def options_from(argv: "Sequence[str]") -> Options:
    """Options of a command line without the program's name.

    Raises UsageError naming flag, value, cause and what is allowed; files named by flags are not opened, but for -F.
    """
    if argv and argv[0] == "sql":       # no expression begins with this word
        return Options(command="sql", sql=tuple(argv[1:]))
    if _of_wireshark(argv):
        return Options(command="extcap", extcap=tuple(argv))
    parsed = parse(argv)
    values = dict(parsed.values)
    command: Command = next((command for key, command in _COMMANDS if values.get(key)), "capture")
    if command in ("help", "version", "json_schema"):
        return Options(command=command)
    if command == "capture":
        program = _program(parsed.rest)
        words = parsed.words
    else:
        program = ()  # as with getopt_long(3), "--" ends the flags and the expression goes on
        words = parsed.words + (parsed.rest or [])
    kinds: Any = values.get("tls_keys", KINDS)
    if program and kinds and "write_keylog_file" not in values and (path := os.environ.get("SSLKEYLOGFILE")):
        # the command has the variable, too: what it writes goes to a file of its own, or keys would be there twice
        values |= {"write_keylog_file": path, "tls_keys": tuple(dict.fromkeys((*kinds, ENVIRONMENT)))}
    fields: dict[str, Any] = {key: value for key, value in values.items() if key not in _OTHER_KEYS}
    fields |= {"command": command, "program": program}
    fields["runtimes"] = {row.name: values[row.flag] for row in RUNTIMES if row.flag in values}
    fields["expression"] = _expression(values, words)
    fields["verbose"] = min(fields.get("verbose", 0), 3)
    if fields.get("print_sampling"):
        fields["absolute_seq"] = True  # relative numbers would miss the packets between
    options = Options(**fields, warnings=tuple(_warnings(command, values, words, program)))
    _check(options)
    return options


def _of_wireshark(argv: "Sequence[str]") -> bool:
    """Whether it is Wireshark that speaks; its words have another grammar (extcap/arguments.py)."""
    for word in argv:
        if word.startswith("--extcap-"):
            return True
        if word == "--":
            break
    return False


def _program(rest: list[str] | None) -> tuple[str, ...]:
    if rest is None:
        return ()
    if not rest:
        raise UsageError("there is no command behind --")
    if reason := _not_executable(rest[0]):
        raise UsageError(f"{reason}; the words behind -- are run and captured, an expression goes before --")
    return tuple(rest)


def _not_executable(word: str) -> str:
    """Why the shell would not run this; "" if it would."""
    if shutil.which(word) is not None:
        return ""
    path = pathlib.Path(word)
    if os.sep in word and path.is_dir():
        return f"{word}: is a directory, no command"
    if os.sep in word and path.exists():
        return f"{word}: may not be executed (chmod +x allows it)"
    return f"{word or repr(word)}: no such command"


def _expression(values: "Mapping[str, Any]", words: list[str]) -> str:
    path = values.get("expression_file")
    if path is None:
        return " ".join(words).strip()
    try:
        text = whole_file.read(path).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"-F {path}: {getattr(error, 'strerror', None) or 'it is no text file'}") from error
    # as tcpdump, "#" starts a comment
    return " ".join(line.partition("#")[0].strip() for line in text.splitlines()).strip()


def _warnings(command: "Command", values: "Mapping[str, Any]", words: list[str], program: tuple[str, ...],
              ) -> list[str]:
    texts = []
    if values.get("expression_file") is not None and words:
        texts.append(f"-F {values['expression_file']} replaces the expression \"{' '.join(words)}\"")
    if "mib" in values:
        texts.append(f"-m {values['mib']} is ignored: names of MIBs are not loaded")
    if "md5_secret" in values:
        texts.append("-M is ignored: TCP-MD5 digests are not checked")
    if values.get("tls_keys") and not any(
            values.get(key) for key in ("write_keylog_file", "embed_keys", "decrypt")):
        texts.append("--tls-keys chooses nothing: keys are not asked for, as --write-keylog-file would")
    if command == "capture" and not program and values.get("tls_keys", KINDS) and (
            "write_keylog_file" not in values and os.environ.get("SSLKEYLOGFILE")):
        texts.append("SSLKEYLOGFILE counts beside a command (behind --) alone; --write-keylog-file FILE takes the keys "
                     "of programs that run")
    owners = ("pids", "process_names", "uids", "container_ids", "container_names", "pod_names")
    if values.get("follow_forks") and not any(values.get(key) for key in owners):
        texts.append("-f follows the forks of --pid, --pname and --uid, of which none is given")
    return texts


def _check(options: Options) -> None:
    """Raise UsageError for flags that contradict each other."""
    if options.time_format > 5:
        raise UsageError("only -t, -tt, -ttt, -tttt and -ttttt are supported")
    dumps = [flag for flag, n in (("-x", options.hex), ("-X", options.hex_ascii), ("-A", options.ascii)) if n]
    if len(dumps) > 1:
        raise UsageError(f"{dumps[0]} and {dumps[1]} exclude each other: a packet is dumped in one way")
    if options.dump_filter > 4:
        raise UsageError("only -d, -dd, -ddd and -dddd are supported")
    if options.command in ("read", "capture"):
        _check_reading(options)
        _check_decrypting(options)
        _check_writing(options)
        _check_data(options)


def _check_data(options: Options) -> None:
    if options.parquet == "-":
        raise UsageError("--parquet -: a Parquet file is finished at its end, give it a name; --json writes to a pipe")
    if options.parquet and options.parquet == options.write_file:
        raise UsageError(f"--parquet and -w {options.write_file} name the same file")
    for flag, given in (("-x", options.hex), ("-X", options.hex_ascii), ("-A", options.ascii)):
        if given and options.parquet:
            raise UsageError(f"--parquet and {flag} exclude each other: records hold no dump; -w keeps the bytes")
    if not options.json:
        return
    if options.count_only:
        raise UsageError("--json and --count exclude each other: packets are printed, or their number")
    if options.write_file == "-":
        raise UsageError("--json and -w - exclude each other: both write to standard output; give -w a file")
    for flag, given in (("-x", options.hex), ("-X", options.hex_ascii), ("-A", options.ascii)):
        if given:
            raise UsageError(f"--json and {flag} exclude each other: the objects hold no dump; -w keeps the bytes")


def _check_decrypting(options: Options) -> None:
    needed = {"--keylog-file": options.keylog_file, "--http-host": options.http_host, "--http-path": options.http_path,
              "--write-plaintext": options.write_plaintext}
    for flag, given in needed.items():
        if given and not options.decrypt:
            raise UsageError(f"{flag} needs --decrypt: it is about what is decrypted")
    plaintext = options.write_plaintext
    if plaintext and os.path.splitext(plaintext)[1] not in ("", ".pcapng"):
        raise UsageError(f"--write-plaintext {plaintext}: what is decrypted is written as pcapng; end the name so")
    if plaintext == "-" or (plaintext and plaintext in (options.write_file, options.read_file, options.parquet)):
        raise UsageError(f"--write-plaintext {plaintext}: it needs a file of its own")
    if options.decrypt and not (options.reads_files or options.tls_keys or options.keylog_file):
        raise UsageError("--decrypt with --tls-keys off needs --keylog-file FILE: there are no keys to decrypt by")
    if options.decrypt and (options.print_sampling or not options.prints):
        raise UsageError("--decrypt is for text or JSON of all packets: leave out --print-sampling, --count, and -w "
                         "without --print")


def _check_reading(options: Options) -> None:
    if not options.reads_files:
        return
    if options.read_file and options.file_list:
        raise UsageError("-r and -V exclude each other: list all savefiles in the file of -V")
    flag = f"-r {options.read_file}" if options.read_file else f"-V {options.file_list}"
    live = {"-i": options.interfaces, "--netns": options.netns, "--write-keylog-file": options.write_keylog_file,
            "--embed-keylog-to-pcapng": options.embed_keys}
    for name, given in live.items():
        if given:
            raise UsageError(f"{flag} and {name} exclude each other: packets come from a file or from interfaces")
    source, target = options.read_file, options.write_file
    if target not in ("", "-") and _same_file(source, target):
        raise UsageError(f"-w {target} is the file that -r reads: it would be emptied; choose another name")


def _check_recorder(options: Options, rotates: str) -> None:
    keeps = options.keep != (0.0, 0)
    if options.dump_on and not keeps:
        raise UsageError("--dump-on needs --keep, which says how much is kept until then: --keep 30s")
    if not keeps:
        return
    if not options.dump_on:
        raise UsageError("--keep needs --dump-on, which says when packets are written: --dump-on signal")
    if rotates:
        raise UsageError(f"--keep and {rotates} exclude each other: each --dump-on makes a file of its own; -W limits "
                         "their number")
    if options.write_file in ("", "-"):
        raise UsageError("--keep needs -w FILE: a name that the files are numbered by")
    if os.path.splitext(_plain_name(options))[1] not in ("", ".pcapng"):
        raise UsageError(f"--keep needs a file in the format pcapng, and -w {options.write_file} is none: no other has "
                         "a place for what is missing in it")


def _plain_name(options: Options) -> str:
    """The file of -w, without the ending of what compresses it."""
    ending = packing.ENDINGS[options.compress] if options.compress else ""
    return options.write_file.removesuffix(ending)


def _same_file(path: str, other: str) -> bool:
    """Whether two names lead to one file that exists."""
    try:
        return os.path.samestat(os.stat(path), os.stat(other))
    except OSError:
        return False


def _check_writing(options: Options) -> None:
    asked = "--write-keylog-file" if options.write_keylog_file else "--embed-keylog-to-pcapng"
    if (options.write_keylog_file or options.embed_keys) and not options.tls_keys:
        raise UsageError(f"{asked} and --tls-keys off exclude each other: no keys would be written")
    if ENVIRONMENT in options.tls_keys and not options.program:
        raise UsageError(f"--tls-keys {ENVIRONMENT} needs a command behind --: it is this one's environment that names "
                         "a file for its keys")
    if options.embed_keys and (not options.write_file
                               or os.path.splitext(_plain_name(options))[1] not in ("", ".pcapng")):
        raise UsageError("--embed-keylog-to-pcapng needs -w FILE in the format pcapng: no other has a place for keys")
    if options.embed_keys and "secrets" in options.redact:
        raise UsageError("--embed-keylog-to-pcapng and --redact secrets exclude each other: no keys would be written")
    rotates = "-C" if options.file_size else "-G" if options.rotate_seconds else ""
    if rotates and options.write_file in ("", "-") and not options.parquet:
        raise UsageError(f"{rotates} needs -w FILE: only a named file can be followed by another one")
    _check_recorder(options, rotates)
    if options.compress and not options.write_file:
        raise UsageError(f"--compress {options.compress} needs -w FILE: what is printed is not compressed")
    if options.file_count and not rotates and not options.dump_on:
        raise UsageError("-W needs -C or -G, which say when the next file begins")
    if options.post_rotate and not rotates and not options.dump_on:
        raise UsageError("-z needs -C or -G: it runs when a file is followed by the next one")
    if options.post_rotate and (reason := _not_executable(options.post_rotate)):
        raise UsageError(f"-z {reason}; it is run as COMMAND FILE, without a shell")
    if options.write_file and pathlib.Path(options.write_file).is_dir():
        raise UsageError(f"-w {options.write_file} is a directory; name a file in it")
