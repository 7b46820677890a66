"""The grammar of the command line: what people type, and what they get."""

import re

import pytest

from ptcpdump.cli.build import options_from
from ptcpdump.cli.options import Options
from ptcpdump.errors import UsageError


def parse(line: str) -> Options:
    return options_from(line.split())


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("-nnvvttttSXs0", dict(numeric=2, verbose=2, time_format=4, absolute_seq=True, hex_ascii=1, snaplen=262144)),
        ("-i eth0", dict(interfaces=("eth0",))),
        ("-ieth0", dict(interfaces=("eth0",))),
        ("-i=eth0", dict(interfaces=("eth0",))),
        ("--interface=eth0", dict(interfaces=("eth0",))),
        ("--interf eth0", dict(interfaces=("eth0",))),
        ("-i a,b -i c,a", dict(interfaces=("a", "b", "c"))),
        ("-ni any tcp port 80 -v or udp -c5", dict(numeric=1, interfaces=("any",), verbose=1, max_packets=5,
                                                   expression="tcp port 80 or udp")),
        ("-ddd", dict(command="dump_filter", dump_filter=3)),
        ("-s 96", dict(snaplen=96)),
        ("-s 0x60", dict(snaplen=96)),
        ("-s 0140", dict(snaplen=96)),
        ("-w x -C 5", dict(file_size=5_000_000)),
        ("-w x -C 5k", dict(file_size=5120)),
        ("-w x -C 1Mb -W 3", dict(file_size=1 << 20, file_count=3)),
        ("-w x -G 60 -z gzip", dict(rotate_seconds=60, post_rotate="gzip")),
        ("-w -", dict(write_file="-")),
        ("-w - -U --print", dict(write_file="-", packet_buffered=True, print_packets=True)),
        ("-r -", dict(command="read", read_file="-")),
        ("-r x -- geneve and tcp", dict(command="read", expression="geneve and tcp", program=())),
        ("-d -- port 53", dict(command="dump_filter", expression="port 53", program=())),
        ("-i lo tcp -- true -v x", dict(interfaces=("lo",), expression="tcp", program=("true", "-v", "x"), verbose=0)),
        ("-Q IN", dict(direction="in")),
        ("-p -l -e -K -N -O", dict(line_buffered=True, link_header=True, verify_checksums=False, no_domain=True,
                                   optimize=False)),
        ("--nano", dict(precision="nano")),
        ("--time-stamp-precision nano --micro", dict(precision="micro")),
        ("--pid 1,2 --pid 3", dict(pids=(1, 2, 3))),
        ("--uid root,7", dict(uids=(0, 7))),
        ("--pod-name a,b.c.d", dict(pod_names=(("a", "default"), ("b.c", "d")))),
        ("--pname curl -f", dict(process_names=("curl",), follow_forks=True)),
        ("--context process,container", dict(context=("process", "container"))),
        ("--verbose=2", dict(verbose=2)),
        ("-vvvv", dict(verbose=3)),
        ("-xx", dict(hex=2)),
        ("-AA", dict(ascii=2)),
        ("--print-sampling 10", dict(print_sampling=10, absolute_seq=True)),
        ("--delay-before-handle-packet-events 1m1.5s", dict(packet_delay=61.5)),
        ("--event-chan-size 5 -a", {}),
        ("-# --skip 3 -c 4", dict(number=True, skip=3, max_packets=4)),
        ("-D -v", dict(command="interfaces", verbose=1)),
        ("-h", dict(command="help")),
        ("-T RTP", dict(force_type="rtp")),
        ("", dict(command="capture", interfaces=(), snaplen=262144, precision="micro", direction="inout")),
    ],
)
def test_accepted(line: str, fields: dict[str, object]) -> None:
    options = parse(line)
    assert {name: getattr(options, name) for name in fields} == fields


@pytest.mark.parametrize("name", ["\x85n", "n\u2003", "\x1fn"])
def test_names_end_in_what_is_no_blank_to_the_kernel(name: str) -> None:
    assert options_from(["-i", f"{name} ,lo"]).interfaces == (name, "lo")
    assert options_from(["--pname", f"{name}, a\\,b"]).process_names == (name, "a,b")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("-k", "unknown flag -k; did you mean -K?"),
        ("-nvk", "unknown flag -k in -nvk"),
        ("--interfaces lo", "unknown flag --interfaces; did you mean --interface?"),
        ("--con x", "--con is ambiguous: it may be --container-id"),
        ("-i", "-i needs a value: -i NAME,..."),
        ("-i ,", "-i ',': name 1 of 2 is empty"),
        ("-c 0", "-c 0: must be a number from 1 to"),
        ("-c 1x", "-c 1x: must be a number"),
        ("-c -5", "-c -5: must be a number"),
        ("-s 262145", "-s 262145: must be a number from 0 to 262144"),
        ("-C 5t -w x", "-C 5t: must be a number above 0"),
        ("-Q up", "-Q up: must be one of in, out, inout"),
        ("--backend xdp", "--backend xdp: must be one of tc, cgroup-skb, socket-filter, tp-btf"),
        ("--context owner", "--context owner: must be one of process, thread"),
        ("--time-stamp-precision pico", "must be one of micro, nano"),
        ("--log-level loud", "must be one of debug"),
        ("--pid 0", "--pid 0: must be a number from 1 to"),
        ("--uid no-such-user", "--uid no-such-user: there is no user of that name"),
        ("-Z no-such-user", "-Z no-such-user: there is no user"),
        ("-j adapter", "-j adapter: must be host"),
        ("-T foo", "-T foo: must be one of aodv"),
        ("-tttttt", "only -t, -tt, -ttt, -tttt and -ttttt are supported"),
        ("-ddddd", "only -d, -dd, -ddd and -dddd"),
        ("--print=1", "--print takes no value"),
        ("-A -x", "-x and -A exclude each other"),
        ("-xX", "-x and -X exclude each other"),
        ("-r a -V b", "-r and -V exclude each other"),
        ("-r a -i lo", "-r a and -i exclude each other"),
        ("-V a --netns x", "-V a and --netns exclude each other"),
        ("-C 5", "-C needs -w FILE"),
        ("-G 5 -w -", "-G needs -w FILE"),
        ("-W 5 -w x", "-W needs -C or -G"),
        ("-z gzip -w x", "-z needs -C or -G"),
        ("-w /tmp", "-w /tmp is a directory"),
        ("-E 1@2 null:3", "-E can't be used: ESP is not decrypted"),
        ("-I", "-I can't be used"),
        ("-F /nonexistent", "-F /nonexistent: No such file"),
        ("-i lo --", "there is no command behind --"),
        ("-i lo -- no-such-command", "no-such-command: no such command; the words behind --"),
        ("--pod-name x.", "--pod-name x.: must be NAME or NAME.NAMESPACE"),
        ("--docker-address run/docker.sock", "must be the absolute path"),
    ],
)
def test_refused(line: str, text: str) -> None:
    with pytest.raises(UsageError, match="^.*" + re.escape(text)) as error:
        parse(line)
    assert error.value.exit_status == 2


def test_expression_file_replaces_words_and_drops_comments(tmp_path) -> None:
    path = tmp_path / "filter"
    path.write_text("# web\ntcp port 80 or # and\n tcp port 443\n")
    options = parse(f"-F {path} udp")
    assert options.expression == "tcp port 80 or tcp port 443"
    assert options.warnings == (f'-F {path} replaces the expression "udp"',)


def test_output_must_not_overwrite_input(tmp_path) -> None:
    path = tmp_path / "a.pcap"
    path.touch()
    (tmp_path / "b.pcap").symlink_to(path)
    with pytest.raises(UsageError, match="would be emptied"):
        parse(f"-r {path} -w {tmp_path}/b.pcap")
