"""What Wireshark is answered, and the command lines that it starts (extcap(4))."""

import re
import subprocess
import sys

import pytest

from ptcpdump.cli.build import options_from
from ptcpdump.errors import UsageError
from ptcpdump.extcap.arguments import capture_command, parse
from ptcpdump.extcap.table import SETTINGS

COMMAND = [sys.executable, "-m", "ptcpdump"]
FIFO = ("--capture", "--fifo", "/tmp/fifo")
VALUE = re.compile(r"\{([a-z]+)=(.*?)\}")   # as Wireshark takes sentences apart


def run(*words) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60)


def sentences(*words: str) -> list[tuple[str, dict[str, str]]]:
    done = run(*words)
    assert (done.returncode, done.stderr) == (0, "")
    return [(line.split()[0], dict(VALUE.findall(line))) for line in done.stdout.splitlines()]


def command(*words: str) -> list[str]:
    return capture_command(parse([*FIFO, *words]))


def test_interfaces_and_link_types():
    first, *others = sentences("--extcap-interfaces", "--extcap-version=4.0")
    assert first[0] == "extcap" and first[1]["version"]
    assert [(kind, values["value"]) for kind, values in others] == [
        ("interface", "ptcpdump"), ("interface", "ptcpdump-ssh")]
    assert sentences("--extcap-interface", "ptcpdump", "--extcap-dlts") == [
        ("dlt", {"number": "1", "name": "EN10MB", "display": "Ethernet"})]


@pytest.mark.parametrize("interface", ["ptcpdump", "ptcpdump-ssh"])
def test_every_argument_of_the_dialogue_can_come_back(interface):
    answers = sentences("--extcap-interface", interface, "--extcap-config")
    arguments = [values for kind, values in answers if kind == "arg"]
    assert [int(values["number"]) for values in arguments] == list(range(len(arguments)))
    assert {"--pid", "--pname", "--uid", "--container-name", "--container-id", "--pod-name"} <= {
        values["call"] for values in arguments}
    assert ("--remote-host" in {values["call"] for values in arguments}) == (interface == "ptcpdump-ssh")
    for values in arguments:
        chosen = [each for kind, each in answers if kind == "value" and each["arg"] == values["number"]]
        assert (values["type"] == "selector") == bool(chosen)
        given = ["--remote-host", "h", values["call"]] + ([] if values["type"] == "boolflag" else
                                                         [chosen[0]["value"] if chosen else "1"])
        assert command("--extcap-interface", interface, *given)


def test_each_setting_becomes_its_flag():
    words = command(
        "--extcap-interface", "ptcpdump", "--extcap-capture-filter", "tcp port 443", "--interface", "eth0,lo",
        "--pid", "7", "--pname", "curl", "--uid", "33", "--follow-forks", "true", "--container-id", "c0",
        "--container-name", "web", "--pod-name", "a.b", "--netns", "any", "--backend", "tp-btf", "--direction", "in",
        "--snapshot-length", "96")  # fmt: skip
    assert words[:4] == [sys.executable, "-P", "-m", "ptcpdump"]
    options = options_from(words[4:])
    assert (options.interfaces, options.expression) == (("eth0", "lo"), "tcp port 443")
    assert (options.pids, options.process_names, options.uids, options.follow_forks) == ((7,), ("curl",), (33,), True)
    assert (options.container_ids, options.container_names, options.pod_names) == (("c0",), ("web",), (("a", "b"),))
    assert (options.netns, options.backend, options.direction, options.snaplen) == (("any",), "tp-btf", "in", 96)
    assert (options.write_file, options.packet_buffered) == ("-", True)


def test_without_settings_everything_is_captured():
    assert options_from(command("--extcap-interface", "ptcpdump")[4:]).interfaces == ("any",)
    assert command("--extcap-interface", "ptcpdump", "--with-sudo")[:2] == ["sudo", "-n"]
    assert "sudo" not in command("--extcap-interface", "ptcpdump", "--with-sudo", "false")


def test_a_filter_is_no_flag():
    words = command("--extcap-interface", "ptcpdump", "--extcap-capture-filter=-w /etc/passwd")
    assert options_from(words[4:]).write_file == "-"


def test_remote_by_ssh():
    words = command("--extcap-interface", "ptcpdump-ssh", "--remote-host", "db1", "--remote-port", "2222",
                    "--remote-user", "eve", "--remote-identity", "/k", "--pname", "a b;c",
                    "--extcap-capture-filter", "tcp or udp",
                    "--with-sudo", "--remote-command", "/opt/bin/ptcpdump")  # fmt: skip
    assert words[0] == "ssh" and words[-3:-1] == ["--", "db1"]
    assert " ".join(words).find("-p 2222 -l eve -i /k") > 0
    assert words[-1] == ("sudo -n /opt/bin/ptcpdump -w - -U --log-level fatal -i any --pname 'a b;c' 'tcp or udp'")
    assert command("--extcap-interface", "ptcpdump-ssh", "--remote-host", "-oProxyCommand=x")[-3] == "--"


def test_whatever_is_chosen_is_one_word_of_the_remote_shell(tmp_path):
    """Here of a shell that shows the words; ssh gives it the same text."""
    odd = ["a b", "it's", '"', "new\nline", "$(touch pwned)", "`x`", "\\", "-w", "*", "\x1b[2J"]
    text = command("--extcap-interface", "ptcpdump-ssh", "--remote-host", "h", "--remote-command", "printf '%s\\0'",
                   "--pname", ",".join(odd), "--extcap-capture-filter", "-w x; touch pwned")[-1]  # fmt: skip
    shown = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert shown.split("\0")[-4:-1] == ["--pname", ",".join(odd), "(-w x; touch pwned)"]
    assert not list(tmp_path.iterdir())


REMOTE = ("--extcap-interface", "ptcpdump-ssh", "--capture", "--fifo", "/dev/null", "--remote-host", "h")


@pytest.mark.parametrize(("words", "named"), [
    (("--extcap-interface", "ptcpdump", "--capture"), "--fifo"),
    (("--extcap-interface", "eth0", "--extcap-dlts"), "--extcap-interface eth0"),
    (("--extcap-interface", "ptcpdump-ssh", "--capture", "--fifo", "/dev/null"), "--remote-host"),
    (("--extcap-interface", "ptcpdump-ssh", "--capture", "--fifo", "/dev/null", "--remote-host", "h",
      "--remote-port", "x"), "--remote-port x"),
    ((*REMOTE, "--remote-port", "65536"), "--remote-port 65536"),
    ((*REMOTE, "--remote-port", "\u0663"), "--remote-port \u0663"),
    ((*REMOTE, "--remote-command", "/opt/it's"), "--remote-command /opt/it's: no closing quotation"),
    ((*REMOTE, "--remote-command", "-oProxyCommand=x"), "--remote-command -oProxyCommand=x: that is no command"),
    ((*REMOTE, "--remote-command", "''"), "--remote-command '': that is no command"),
])  # fmt: skip
def test_mistakes_are_named(words, named):
    done = run(*words)
    assert done.returncode == 2 and named in done.stderr and not done.stdout


def test_a_fifo_that_is_not_there():
    done = run("--extcap-interface", "ptcpdump", "--capture", "--fifo", "/nonexistent/fifo")
    assert done.returncode == 1 and "--fifo /nonexistent/fifo: can't open: No such file" in done.stderr


def test_a_filter_is_checked():
    assert run("--extcap-interface", "ptcpdump", "--extcap-capture-filter", "tcp port 80").stdout == ""
    wrong = run("--extcap-interface", "ptcpdump", "--extcap-capture-filter", "tcp prt 80")
    assert wrong.returncode == 0 and "tcp prt 80" in wrong.stdout


def test_calls_are_named_once():
    assert len({setting.call for setting in SETTINGS}) == len(SETTINGS)


def test_install(tmp_path):
    folder = tmp_path / "with blank's"
    for _ in range(2):
        done = run("--install-extcap", folder)
        assert done.returncode == 0 and str(folder / "ptcpdump") in done.stdout
    assert [path.name for path in folder.iterdir()] == ["ptcpdump"]
    script = folder / "ptcpdump"
    assert script.stat().st_mode & 0o777 == 0o755
    told = subprocess.run([script, "--extcap-interfaces"], capture_output=True, text=True, check=True, cwd="/")
    assert "{value=ptcpdump}" in told.stdout


def test_modules_of_strangers(tmp_path):
    """Wireshark may be started in a folder where others may put files, by root as well."""
    (tmp_path / "ptcpdump.py").write_text("print('stranger')")
    run("--install-extcap", tmp_path / "extcap")
    told = subprocess.run([tmp_path / "extcap/ptcpdump", "--extcap-interfaces"], capture_output=True, text=True,
                          check=True, cwd=tmp_path)
    assert "{value=ptcpdump}" in told.stdout
    assert "stranger" not in told.stdout
    captured = subprocess.run([*command("--extcap-interface", "ptcpdump")[:4], "--version"], capture_output=True,
                              text=True, check=True, cwd=tmp_path)
    assert captured.stdout.startswith("ptcpdump")


def test_what_is_not_ours_stays(tmp_path):
    (tmp_path / "ptcpdump").write_text("#!/bin/sh\n")
    done = run("--install-extcap", tmp_path)
    assert done.returncode == 2 and f"{tmp_path / 'ptcpdump'} exists and is not ours" in done.stderr
    assert (tmp_path / "ptcpdump").read_text() == "#!/bin/sh\n"


def test_words_of_a_command_under_capture_are_not_for_us():
    with pytest.raises(UsageError, match="no such command"):
        options_from(["--", "nonexistent", "--extcap-interfaces"])
