import struct

from contexts import rendered
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptcpdump.context.comment_text import MAX_COMMENT, comments, container_comment, encode_comments, pod_comment
from ptcpdump.context.comments import parse_comments
from ptcpdump.context.model import Container, Context, Found, Pod, Process, Thread
from ptcpdump.context.render import Part, Renderer

WORD = st.binary(min_size=1, max_size=20).map(lambda raw: raw.replace(b" ", b"_").decode(errors="surrogateescape"))
LABELS = st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=4)
CONTEXTS = st.builds(
    Context,
    process=st.builds(Process, st.integers(1, 2**32 - 1), WORD, st.lists(WORD, max_size=4).map(tuple), st.booleans(),
                      name=st.just("") | WORD),
    thread=st.none() | st.builds(Thread, st.integers(1, 2**32 - 1), WORD),
    uid=st.none() | st.integers(0, 2**32 - 1),
    parent=st.none() | st.builds(Process, st.integers(1, 2**32 - 1), WORD, st.lists(WORD, max_size=2).map(tuple),
                                 name=st.just("") | WORD),
    container=st.none() | st.builds(Container, WORD, WORD, WORD, LABELS),
    pod=st.none() | st.builds(Pod, WORD, WORD, WORD, LABELS, LABELS),
    found=st.sampled_from([found for found in Found if found is not Found.KERNEL]),
)
OUTSIDE = Process(48211, "/usr/bin/curl", ("curl",), host_pid=48211, outside=True)
INSIDE = Process(12, "/usr/bin/curl", ("curl",), host_pid=48211)
FULL = Context(
    process=Process(12, "/usr/bin/curl", ("curl", "-s", "http://a")),
    thread=Thread(13, "worker"),
    uid=0,
    parent=Process(3, "/usr/bin/bash", ("-bash",), truncated=True),
    container=Container("d902", "web", "alpine:3.18", {"b": "2", "a": "<1>"}),
    pod=Pod("test", "default", "9e4b", {"run": "test"}, {}),
    found=Found.SAVEFILE,
)


@settings(suppress_health_check=[HealthCheck.too_slow])     # under sanitizers
@given(CONTEXTS)
def test_what_is_written_is_read_back(context):
    assert parse_comments(comments(context)) == (context, ())


def test_layout():
    assert comments(FULL) == [
        "PID: 12\nCmd: /usr/bin/curl\nArgs: curl -s http://a",
        "ThreadId: 13\nThreadName: worker",
        "UserId: 0",
        "ParentPID: 3\nParentCmd: /usr/bin/bash\nParentArgs: -bash...",
        "ContainerName: web\nContainerId: d902\nContainerImage: alpine:3.18\n"
        'ContainerLabels: {"a":"\\u003c1\\u003e","b":"2"}',
        'PodName: test\nPodNamespace: default\nPodUID: 9e4b\nPodLabels: {"run":"test"}\nPodAnnotations: {}',
    ]


def test_what_the_path_does_not_say():
    """Keys that older readers step over: they look for their own keys up to the arguments, which are free text."""
    context = Context(
        Process(12, "/usr/bin/python3.11", ("python3", "./mytool"), name="mytool"),
        parent=Process(3, "/bin/busybox", ("sh",), name="sh"),
        found=Found.FLOW,
    )
    assert comments(context) == [
        "PID: 12\nFound: flow\nCmd: /usr/bin/python3.11\nComm: mytool\nArgs: python3 ./mytool",
        "ParentPID: 3\nParentCmd: /bin/busybox\nParentComm: sh\nParentArgs: sh",
    ]
    assert parse_comments(comments(context)) == (context, ())


def test_pids_of_the_host():
    context = Context(INSIDE, parent=OUTSIDE, found=Found.SOCKET)
    assert comments(context) == [
        "PID: 12\nFound: socket\nHostPID: 48211\nCmd: /usr/bin/curl\nArgs: curl",
        "ParentPID: 48211\nParentHostPID: 48211\nParentCmd: /usr/bin/curl\nParentArgs: curl",
    ]
    assert parse_comments(comments(context)) == (context, ())
    texts = rendered(context)
    assert texts.prefix + texts.suffix == b"curl.12 , ParentProc [curl.48211(host)]"
    assert b"Process (pid 12, cmd" in texts.block
    assert b"ParentProc (pid 48211 (host), cmd" in texts.block
    assert b"Process (pid 12, host pid 48211, cmd" in rendered(context, renderer=Renderer(found=True)).block


def test_unknown_way_of_finding():
    context, _ = parse_comments(["PID: 12\nFound: by magic\nCmd: /bin/a\nArgs: a"])
    assert context.found is Found.SAVEFILE


def test_older_names_of_the_go_tool():
    old = "PID: 12\nCommand: /usr/bin/curl\nArgs: curl -s http://a"
    context, _ = parse_comments([old, "TID: 13\nThreadName: worker", "UserId: 0"])
    assert context == Context(FULL.process, FULL.thread, 0, found=Found.SAVEFILE)


def test_groups_in_one_comment():
    assert parse_comments(["\n".join(comments(FULL))]) == (FULL, ())


def test_line_feeds_in_unescaped_arguments_forge_nothing():
    forged = "PID: 12\nCmd: /bin/sh\nArgs: sh -c a\nPID: 99\nContainerId: zz\nContainerName: evil"
    context, _ = parse_comments([forged, "ContainerName: web\nContainerId: d902"])
    assert context.process == Process(12, "/bin/sh", ("sh", "-c", "a\nPID:", "99\nContainerId:", "zz"))
    assert context.container.name == "web"


def test_line_feeds_in_our_arguments_stay_there():
    process = Process(1, "/bin/sh", ("sh", "a\nPID: 99\nParentPID: 7".replace(" ", "\t")))
    assert parse_comments(comments(Context(process)))[0] == Context(process, found=Found.SAVEFILE)


def test_foreign_comments_are_kept():
    assert parse_comments(["look here", "PID: none", ""]) == (None, ("look here", ""))
    texts = rendered(None, encode_comments(["look here"]))
    assert texts.prefix == texts.block == b"" and b"look here" in texts.options


@given(st.lists(st.text(alphabet='PIDCmdArgs: \n0129{}"\\x', max_size=60) | st.text(max_size=60), max_size=4))
def test_any_comments_can_be_read(texts):
    context, foreign = parse_comments(texts)
    rendered(context, encode_comments(foreign))


def test_command_lines_in_comments_are_as_long_as_the_go_tool_s():
    """Each packet repeats them; process blocks have more of them."""
    for args, told in ((("a" * 4096,), "a" * 4096), (("a" * 4097,), "a" * 4093 + "..."),
                       (("a",) * 2048, "a " * 2047 + "a"), (("a",) * 2049, "a " * 2046 + "a...")):
        assert comments(Context(process=Process(1, "/a", args)))[0] == f"PID: 1\nCmd: /a\nArgs: {told}"


def test_long_texts_fit_into_an_option():
    long = {f"key{n}": "v" * 1000 for n in range(300)}
    context = Context(
        Process(1, "/" + "é" * 40000, ("x" * 200000,)),
        pod=Pod("p", "n", "u", long, long),
        container=Container("i", "n", "m", long),
    )
    for text in comments(context):
        assert len(text.encode()) < 21000
    read, _ = parse_comments(comments(context))
    assert read.process.truncated
    assert len(read.pod.annotations) == len(read.pod.labels) == len(read.container.labels) == 4
    for text in (container_comment(context.container), pod_comment(context.pod)):     # of a process block
        assert len(text.encode()) < MAX_COMMENT
    read, _ = parse_comments([container_comment(context.container), pod_comment(context.pod)])
    assert len(read.pod.annotations) == len(read.container.labels) == 24


def test_a_label_that_has_no_room_keeps_no_other_one_out():
    labels = {"a": "1", "b": "x" * 5000, "c": "3"}
    text, = comments(Context(container=Container("i", "n", "m", labels)))
    assert text.endswith('ContainerLabels: {"a":"1","c":"3"}')


def test_chosen_parts():
    def shown(parts: Part) -> tuple[bytes, bytes, int]:
        texts = rendered(FULL, renderer=Renderer(parts))
        return texts.prefix, texts.suffix, texts.options.count(b": ")

    assert shown(Part.PROCESS) == (b"curl.12 ", b"", 3)
    assert shown(Part.PARENTPROC | Part.POD) == (b"", b", ParentProc [bash.3], Pod [test.default]", 8)


def test_lines_and_block():
    texts = rendered(FULL, renderer=Renderer(found=True))
    assert texts.prefix + texts.suffix == (
        b"curl.12 , Thread [worker.13], ParentProc [bash.3], Container [web], Pod [test.default]"
    )
    assert texts.block.decode().splitlines()[1:] == [
        "    Process (pid 12, cmd /usr/bin/curl, args curl -s http://a)",
        "    Thread (tid 13, name worker)",
        "    User (uid 0)",
        "    ParentProc (pid 3, cmd /usr/bin/bash, args -bash...)",
        '    Container (name web, id d902, image alpine:3.18, labels {"a":"\\u003c1\\u003e","b":"2"})',
        '    Pod (name test, namespace default, UID 9e4b, labels {"run":"test"}, annotations {})',
        "    Found (by savefile)",
    ]


def test_script():
    process = Process(12, "/usr/bin/python3.11", ("python3", "./mytool"), name="mytool")
    texts = rendered(Context(process, parent=process))
    assert texts.prefix + texts.suffix == b"mytool.12 , ParentProc [mytool.12]"
    assert texts.block.decode().splitlines()[1:] == [
        "    Process (pid 12, name mytool, cmd /usr/bin/python3.11, args python3 ./mytool)",
        "    ParentProc (pid 12, name mytool, cmd /usr/bin/python3.11, args python3 ./mytool)",
    ]


def test_kernel_thread():
    texts = rendered(Context(Process(12, "kworker/0:1", name="kworker/0:1")))
    assert (texts.prefix, texts.block) == (b"kworker/0:1.12 ", b"\n    Process (pid 12, cmd kworker/0:1, args )")


def test_borrowed_owner_is_marked():
    context = Context(FULL.process, parent=FULL.parent, container=FULL.container, found=Found.PEER)
    texts = rendered(context)
    assert texts.prefix == b"curl.12(peer) "
    assert texts.block.endswith(b"\n    Found (by peer)")
    assert b"\nFound: peer\n" in texts.options
    assert rendered(context, renderer=Renderer(Part.CONTAINER)).prefix == b"(peer) "
    assert rendered(context, renderer=Renderer(Part.USER)).prefix == b""
    assert parse_comments(comments(context))[0] == context


def test_socket_of_the_kernel():
    """It has no process: said on the line, in the block, and in the file."""
    context = Context(found=Found.KERNEL)
    texts = rendered(context)
    assert (texts.prefix, texts.suffix, texts.block) == (b"kernel ", b"", b"\n    Process (kernel)")
    assert comments(context) == ["Found: kernel"]
    assert parse_comments(comments(context)) == (context, ())
    assert rendered(context, renderer=Renderer(Part.USER)) == rendered(None)
    # of a process it can't be said
    assert parse_comments(["PID: 12\nFound: kernel\nCmd: a\nArgs: a"])[0].found is Found.SAVEFILE
    assert parse_comments(["Found: socket"]) == (None, ())


def test_options_are_well_formed():
    options = rendered(FULL).options
    at = seen = 0
    while at < len(options):
        code, size = struct.unpack_from("=HH", options, at)
        assert code == 1
        at += 4 + size + -size % 4
        seen += 1
    assert (at, seen) == (len(options), 6)


def test_program_run_from_a_descriptor_is_named_by_its_arguments():
    process = Process(5, "/dev/fd/3", ("/sbin/ubusd", "-s"))
    assert rendered(Context(process)).prefix == b"ubusd.5 "
    assert rendered(Context(Process(5))).prefix == b"?.5 "


def test_a_million_comments_take_no_longer_than_their_number():
    """Ten times as many take about ten times as long, not a hundred times."""
    import time


    took = []
    for number in (50_000, 500_000):
        began = time.process_time()
        assert len(encode_comments("x" for _ in range(number))) == 8 * number
        took.append(time.process_time() - began)
    assert took[1] < 30 * took[0] + 1      # memory that is touched for the first time costs, too
