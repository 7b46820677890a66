"""The manifests, held against Kubernetes' own schema; unknown names count."""

from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from ptcpdump.cli import build

FOLDER = Path(__file__).resolve().parents[2] / "packaging/kubernetes"


@pytest.mark.parametrize("name", ["pod", "daemonset"])
def test_manifest(name: str) -> None:
    version = kubernetes_validate.latest_version().rpartition(".")[0]
    manifest = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    kubernetes_validate.validate(manifest, version, strict=True)
    spec = manifest["spec"].get("template", manifest)["spec"]
    assert spec["hostNetwork"] and spec["hostPID"]
    build.options_from(spec["containers"][0]["args"])       # raises for flags that there are not
    spec["hostPid"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, version, strict=True)
