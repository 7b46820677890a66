"""--json: every value of every packet against the library's typed fields, and strings of any bytes."""

import json
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import wire
from bounded import bounded
from json_lines import COMMAND, OWNER, expected, flat, objects, objects_here, write
from savefiles import UDP, UDP_TEXT, comments, interface, option, packet, pcap, process_block, section

import ptcpdump
from ptcpdump.context.model import Process
from ptcpdump.data.fields import FIELDS

sys.path.insert(0, str(Path(__file__).parents[1] / "dissect"))

from mixture import mixture

GOLDEN = Path(__file__).parents[2] / "golden" / "captures"


def run(*words) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60)


def compare(path: Path) -> int:
    count = 0
    for found, typed in zip(map(flat, objects_here(path)), ptcpdump.open(path), strict=True):
        for answer in found.get("dns.answers", ()):
            del answer["type"]      # a word, in words.pyx
        wrong = {name: (found.get(name), value) for name, value in expected(typed).items() if found.get(name) != value}
        assert not wrong, f"{path.name}, packet {count + 1}"
        count += 1
    return count


def test_values_are_those_of_the_typed_fields(tmp_path):
    packets = mixture(15, bounded(600))
    assert compare(write(tmp_path / "mixed.pcapng", packets)) == len(packets)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.pcap*")), ids=lambda path: path.name)
def test_values_of_the_project_s_captures(path):
    assert compare(path) > 0


def test_every_line_of_damaged_packets_is_valid(tmp_path):
    """Bytes changed and cut at random: names, labels and lengths that can't be."""
    chance = random.Random(16)
    damaged = []
    for linktype, data in mixture(17, bounded(600)):
        changed = bytearray(data)
        for _ in range(chance.randrange(1, 6)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        damaged.append((linktype, bytes(changed[: chance.randrange(1, len(changed) + 1)])))
    assert compare(write(tmp_path / "damaged.pcapng", damaged)) == len(damaged)


def test_an_owner(tmp_path):
    path = tmp_path / "owner.pcapng"
    path.write_bytes(section() + interface(options=option(2, b"eth7")) +
                     packet(options=comments(*OWNER) + option(2, struct.pack("<I", 1))) + packet())
    known, unknown = map(flat, objects(path))
    assert {name: value for name, value in known.items() if name.partition(".")[0] in (
        "process", "user", "container", "orchestrator")} == {
        "process.pid": 4711, "process.name": "curl", "process.executable": "/usr/bin/curl",
        "process.command_line": "curl -s http://example.com/", "process.args": ["curl", "-s", "http://example.com/"],
        "process.thread.id": 4712, "process.thread.name": "worker",
        "process.parent.pid": 7, "process.parent.name": "bash", "process.parent.executable": "/usr/bin/bash",
        "process.parent.command_line": "bash", "process.parent.args": ["bash"], "user.id": "33",
        "container.id": "c0ffee", "container.name": "web", "container.image.name": "nginx:1",
        "container.labels": {"tier": "front"},
        "orchestrator.type": "kubernetes", "orchestrator.namespace": "shop", "orchestrator.resource.type": "pod",
        "orchestrator.resource.name": "web-0", "orchestrator.resource.id": "12-34",
        "orchestrator.resource.label": ["app:web"], "orchestrator.resource.annotation": ["note:a b"],
    }  # fmt: skip
    assert known["ptcpdump.found"] == "socket" and known["ptcpdump.process.host_pid"] == 94711
    assert known["ptcpdump.interface"] == "eth7"
    assert (known["network.direction"], known["ptcpdump.direction"]) == ("ingress", "in")
    assert known["@timestamp"] == "1970-01-01T00:00:00.000000000Z"
    assert known["ptcpdump.summary"].endswith(
        f"eth7 curl.4711 In {UDP_TEXT}, Thread [worker.4712], ParentProc [bash.7], Container [web], Pod [web-0.shop]")
    assert not {name for name in unknown if name.startswith(("process", "user", "ptcpdump.found"))}
    assert unknown["network.transport"] == "udp" and unknown["network.type"] == "ipv4"
    (chosen,) = map(flat, objects(path, "--context", "user,container", "-c", "1"))
    assert {"user.id", "container.id"} <= chosen.keys()
    assert not {"process.pid", "orchestrator.type"} & chosen.keys()


def test_an_owner_of_whom_blocks_tell(tmp_path):
    path = tmp_path / "blocks.pcapng"
    parent = Process(7, "/bin/bash", ("bash",), name="bash", started=1_700_000_000_000_000_001)
    child = Process(9, "/bin/nc", ("nc", "-l"), name="nc", started=1_700_000_100_987_654_321)
    path.write_bytes(section() + interface() + process_block(parent, uid=0) +
                     process_block(child, parent=7, uid=33, user="www-data") +
                     packet(options=option(8, struct.pack("<II", 9, 9))))
    (found,) = map(flat, objects(path))
    assert (found["user.id"], found["user.name"]) == ("33", "www-data")
    assert found["process.start"] == "2023-11-14T22:15:00.987654321Z"
    assert found["process.parent.start"] == "2023-11-14T22:13:20.000000001Z"


def test_strings_of_any_bytes(tmp_path):
    """Names with quotes, control characters, invalid UTF-8, half of a surrogate pair, another direction of writing."""
    raw = b'PID: 1\nCmd: /bin/a"b\\\xff\xc3\xa4\xed\xa0\x80\x01\xe2\x80\xae\xf0\x9f\x90\xa7\nArgs: x\x1b[2J \xc0\x80'
    path = tmp_path / "odd.pcapng"
    name = b'"\\\x00\xff\n' + "\u00e4\U0001f427".encode() + b"\xf0\x9f\x90"
    path.write_bytes(section() + interface(options=option(2, name)) + packet(options=option(1, raw)))
    (found,) = map(flat, objects(path))
    assert found["process.executable"] == '/bin/a"b\\\\xff\u00e4\\xed\\xa0\\x80\x01\u202e\U0001f427'
    assert found["process.args"] == ["x\x1b[2J", "\\xc0\\x80"]
    shown = next(iter(ptcpdump.open(path))).interface.shown
    assert found["ptcpdump.interface"].startswith('"\\') and "\u00e4\U0001f427" in found["ptcpdump.interface"]
    assert len(found["ptcpdump.interface"]) >= len(shown)


def test_names_in_packets_of_any_bytes(tmp_path):
    head = b"GET /\xff\xc3\xa4\"\\\x7f HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n"
    question = struct.pack(">HHHHHH", 5, 0x0100, 1, 0, 0, 0) + b"\x04a\".\x80\x01b\x00" + struct.pack(">HH", 4711, 1)
    path = write(tmp_path / "names.pcapng", [(101, wire.tcp(head, 40000, 80)), (101, wire.udp(question, 40000, 53))])
    http, dns = map(flat, objects(path))
    assert http["url.original"] == '/\\xff\u00e4"\\\x7f'
    assert http["url.domain"] == "2001:db8::1"
    assert dns["dns.question.name"] == 'a\\"\\.\\128.b'
    assert dns["dns.question.type"] == "TYPE4711" and dns["dns.header_flags"] == ["RD"]


def test_words(tmp_path):
    answer = wire.dns(1, 0x8583, [wire.question("nowhere.example", 28)])
    hello = bytes.fromhex("160303002e0200002a0303") + bytes(32) + bytes.fromhex("00c02f0000")
    packets = [wire.udp(answer, 53, 40000), wire.tcp(hello, 443, 40000, flags=0x12)]
    dns, tls = map(flat, objects(write(tmp_path / "words.pcapng", [(101, each) for each in packets])))
    assert (dns["dns.type"], dns["dns.op_code"], dns["dns.response_code"], dns["dns.question.type"]) == (
        "answer", "QUERY", "NXDOMAIN", "AAAA")
    assert dns["dns.header_flags"] == ["AA", "RD", "RA"] and dns["network.protocol"] == "dns"
    assert tls["tls.version"] == "1.2" and tls["tls.cipher"] == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert tls["ptcpdump.tcp.flags"] == "S." and tls["network.protocol"] == "tls"


def test_more_owners_than_are_kept(tmp_path):
    path = tmp_path / "many.pcapng"
    numbers = [*range(1, 9001), *range(1, 101)]
    path.write_bytes(section() + interface() + b"".join(
        packet(options=comments(f"PID: {number}\nCmd: /bin/p{number}\nArgs: p{number}")) for number in numbers))
    assert [each["process"]["pid"] for each in objects(path)] == numbers


def test_the_summary_is_the_line_of_the_same_flags(tmp_path):
    path = tmp_path / "two.pcap"
    path.write_bytes(pcap([(1, UDP), (2, UDP), (3, UDP)]))
    flags = ("-#", "-e", "-v", "-tttt", "--utc-time", "-r", path)
    lines = run("-n", *flags).stdout
    made = [json.loads(line)["ptcpdump"]["summary"] for line in run("--json", "-n", *flags).stdout.splitlines()]
    assert "\n".join(made) == lines.removesuffix("\n")
    assert len(run("--json", "-n", "-r", path, "--print-sampling", "2").stdout.splitlines()) == 1
    assert len(run("--json", "-n", "-r", path, "-c", "2", "udp port 5678").stdout.splitlines()) == 2
    assert run("--json", "-n", "-r", path, "tcp").stdout == ""


def test_no_room(tmp_path):
    path = tmp_path / "in.pcap"
    path.write_bytes(pcap([(1, UDP)]))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, "--json", "-n", "-r", path], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "standard output: can't write: No space left on device" in done.stderr


def test_with_a_savefile_both_are_written(tmp_path):
    path, copy = tmp_path / "in.pcap", tmp_path / "out.pcapng"
    path.write_bytes(pcap([(1, UDP)]))
    for words in ((), ("--print",)):
        done = run("--json", "-n", "-r", path, "-w", copy, *words)
        assert done.returncode == 0
        assert json.loads(done.stdout)["source"] == {"ip": "10.0.0.1", "port": 1234, "mac": "00-00-00-00-00-02"}
        assert [each.data for each in ptcpdump.open(copy)] == [UDP]


@pytest.mark.parametrize(("words", "named"), [
    (("--count",), "--count"), (("-w", "-"), "-w -"), (("-x",), "-x"), (("-XX",), "-X"), (("-A",), "-A"),
])  # fmt: skip
def test_what_can_t_go_together_is_named(tmp_path, words, named):
    (tmp_path / "in.pcap").write_bytes(pcap([(1, UDP)]))
    done = run("--json", "-r", tmp_path / "in.pcap", *words)
    assert done.returncode == 2 and done.stdout == ""
    assert f"--json and {named} exclude each other" in done.stderr


def test_times_before_1970_and_far_away(tmp_path):
    path = tmp_path / "times.pcapng"
    offset = option(14, struct.pack("<q", -10))
    path.write_bytes(section() + interface(options=offset + option(9, b"\x09")) + packet(units=1_999_999_999) +
                     packet(units=9_000_000_000_000_000_000))
    assert [each["@timestamp"] for each in objects(path)] == [
        "1969-12-31T23:59:51.999999999Z", "2255-03-14T15:59:50.000000000Z"]


def test_json_schema_is_printed():
    schema = json.loads(run("--json-schema").stdout)
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["properties"]) == {field.path[0] for field in FIELDS}
