"""An ablation from the command line to its report, on two models one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ray.cluster_utils import Cluster

from tests.conformance.tiny_clip import write_tiny_clip
from tests.orchestrator.cli.verbs import querycurve


@pytest.mark.cluster
def test_an_ablation_runs_on_all_its_models_and_says_what_it_found(
    cluster: Cluster, tmp_path: Path
) -> None:
    tiny = write_tiny_clip(tmp_path / "tiny").model
    spec = {
        "name": "two_models",
        "datasets": ["pocket_dots"],
        "seeds": [1],
        "ablation": {
            "base": {"name": "zip", "intrinsic_dimension": 200},
            "vary": {"backbone": [tiny], "clip": ["none"]},
        },
        "backbone": "pocket",
        "budget": 20,
        "batch_size": 8,
        "augmentation": "none",
        "evaluation": {"points": 1},
    }
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.safe_dump(spec))
    store = tmp_path / "store"
    options = ("--store", str(store), "--address", cluster.address, "--actors", "1")
    done = querycurve("run", path, *options, "--no-tracking")
    assert done.code == 0, done.out + done.err
    assert len(list((store / "results").rglob("*.parquet"))) == 3
    assert "finished pocket_dots / zip[clip=none] / 16 shots / seed 1" in done.out
    assert "zip: clip varied" in done.out
    figures = store / "reports" / "two_models" / "figures"
    assert (figures / "ablation_clip.png").is_file()
    assert (figures / "ablation_changes.png").is_file()
