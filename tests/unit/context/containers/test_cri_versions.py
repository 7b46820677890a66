"""A runtime that speaks one version of the CRI only."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

grpc = pytest.importorskip("grpc", reason="grpcio is not installed")

from ptcpdump.context.containers.cri import VERSIONS, Cri  # noqa: E402  needs grpc
from ptcpdump.context.containers.rpc import Unimplemented, describe  # noqa: E402  likewise
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
    client = Cri(str(tmp_path / "cri.sock"))
    sandbox, container = client.list()
    client.close()
    server.stop(None)
    assert sandbox.sandbox
    assert container.container.name == "main"
    assert container.container.image == "i"
    assert container.pod == Pod("p.1", "n", "u", {"app": "x"}, {"a": 'q"\n'})


def test_no_cri_at_all(tmp_path: Path) -> None:
    server = serve(tmp_path / "cri.sock", "other")
    client = Cri(str(tmp_path / "cri.sock"))
    with pytest.raises(Unimplemented):
        client.list()
    client.close()
    server.stop(None)
