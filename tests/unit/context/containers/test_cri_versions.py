"""Runtimes that speak one version of the CRI only, and such as answer what they should not."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

grpc = pytest.importorskip("grpc", reason="grpcio is not installed")

from ptcpdump.context.containers import endpoint  # noqa: E402  sorted with the next
from ptcpdump.context.containers.cri import VERSIONS, Cri  # noqa: E402  needs grpc
from ptcpdump.context.containers.endpoint import Endpoint  # noqa: E402  sorted with it
from ptcpdump.context.containers.rpc import Unimplemented, describe  # noqa: E402  likewise
from ptcpdump.context.containers.source import RuntimeFailure  # noqa: E402  sorted with them
from ptcpdump.context.model import Pod  # noqa: E402  sorted with them

# as a daemon would answer, in the field numbers of k8s.io/cri-api
M = describe("answers", {
    "About": {"name": (1, "string"), "uid": (2, "string"), "namespace": (3, "string")},
    "Sandbox": {"id": (1, "string"), "metadata": (2, "About"), "labels": (5, "map"), "annotations": (6, "map")},
    "Sandboxes": {"items": (1, "*Sandbox")},
    "Container": {"id": (1, "string"), "pod_sandbox_id": (2, "string"), "metadata": (3, "About"),
                  "image_ref": (5, "string"), "labels": (8, "map")},
    "Containers": {"containers": (1, "*Container")},
})


def serve(socket: Path, version: str) -> "grpc.Server":
    sandbox = M["Sandbox"](id="s", metadata={"name": "p.1", "uid": "u", "namespace": "n"}, labels={"app": "x"},
                           annotations={"a": 'q"\n'})
    container = M["Container"](id="c", pod_sandbox_id="s", metadata={"name": "main"}, image_ref="i")
    answers = {"ListPodSandbox": M["Sandboxes"](items=[sandbox]),
               "ListContainers": M["Containers"](containers=[container])}
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(f"{version}.RuntimeService", {
        name: grpc.unary_unary_rpc_method_handler(lambda request, context, answer=answer: answer.SerializeToString())
        for name, answer in answers.items()})])
    server.add_insecure_port(f"unix://{socket}")
    server.start()
    return server


@pytest.mark.parametrize("version", VERSIONS)
def test_either_version(tmp_path: Path, version: str) -> None:
    server = serve(tmp_path / "cri.sock", version)
    client = Cri(Endpoint(str(tmp_path / "cri.sock")))
    sandbox, container = client.containers()
    client.close()
    server.stop(None)
    assert sandbox.sandbox
    assert container.container.name == "main"
    assert container.container.image == "i"
    assert container.pod == Pod("p.1", "n", "u", {"app": "x"}, {"a": 'q"\n'})


def test_no_cri_at_all(tmp_path: Path) -> None:
    server = serve(tmp_path / "cri.sock", "other")
    client = Cri(Endpoint(str(tmp_path / "cri.sock")))
    with pytest.raises(Unimplemented):
        client.containers()
    client.close()
    server.stop(None)


class Failing(grpc.GenericRpcHandler):
    """A daemon that answers each call with what the test wants."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def service(self, details: "grpc.HandlerCallDetails") -> "grpc.RpcMethodHandler":
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self.answer(context))


def refuse(context: "grpc.ServicerContext") -> bytes:
    context.abort(grpc.StatusCode.INTERNAL, "\x1b]0;x\x07" + "no " * 5000)


@pytest.mark.parametrize("answer", [
    lambda _: M["Sandbox"](annotations={"a": "x" * (2 << 20)}).SerializeToString(),     # more than is accepted
    lambda _: b"\xff" * 100,                                                            # no message
    lambda _: M["Sandbox"](id="x").SerializeToString()[:-1] + b"\xff",                  # a string that is no UTF-8
    refuse,
], ids=["large", "garbage", "encoding", "refusal"])
def test_wrong_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
                       answer: object) -> None:
    monkeypatch.setattr(endpoint, "OF_SYSTEM", endpoint.OF_USER)
    server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers([Failing(answer)])
    server.add_insecure_port(f"unix://{tmp_path / 'cri.sock'}")
    server.start()
    client = Cri(Endpoint(str(tmp_path / "cri.sock")))
    with pytest.raises(RuntimeFailure) as failure:
        client.containers()
    client.close()
    server.stop(None)
    assert len(str(failure.value)) < 300
    assert "\x1b" not in capfd.readouterr().err     # the library itself says nothing
