"""What is shipped is healthy: whatever its groups are crossed, no finding is above info."""

from __future__ import annotations

import pytest
from conftest import run_cli

pytestmark = [pytest.mark.process, pytest.mark.exhaustive]

SWEEPS = {
    "models by trains": (
        12,
        ["model=linear,mlp,mlp_dropout,cnn,gru,pinned", "train=default,augmented_layer"],
    ),
    "seeds by orders": (
        12,
        ["model=linear,mlp_dropout", "seed=unset,random,derived", "shuffle=on,off"],
    ),
    "splits by batches": (
        8,
        [
            *("data.split.seed=null,7", "train.batch_size=16,256", "runtime=default,deterministic"),
            "seed=random",
        ],
    ),
    "the four rows": (4, ["data=article", "model=linear,pinned", "seed=fixed,random"]),
    "augmented": (2, ["train=augmented", "seed=fixed,derived"]),
    "attribution": (5, ["experiment=attribution"]),
    "article": (10, ["experiment/article=glob(*)"]),
}
"""Sweeps of what is shipped, with the number of their configurations."""


@pytest.mark.parametrize("name", SWEEPS)
def test_no_finding_is_above_info(tmp_path, name):
    count, arguments = SWEEPS[name]
    short = [] if "article" in name else ["train.epochs=2"]
    ended = run_cli(tmp_path, *arguments, *short, "replicates=2", "replays=0", "-m", timeout=500)
    # Claims of the article are refuted, which is no failure of a run.
    assert set(ended.results.runs["status"]) == {"ok"}, ended.err
    assert len(ended.results.table) == count
    findings = ended.results.findings
    loud = findings[(findings["severity"] != "info") & findings["ignored"].isna()]
    assert loud[["code", "seen"]].to_numpy().tolist() == []
