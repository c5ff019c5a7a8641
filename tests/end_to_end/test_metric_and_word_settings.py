"""Metrics beside a `train_step` of the model's own, and words that look like paths."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from conftest import APPS, run_cli

pytestmark = [pytest.mark.process, pytest.mark.exhaustive]

QUICK = ("replicates=1", "builds=1", "calls=1", "replays=0", "train.epochs=1", "-m")

LOOKUP = """
_target_: keras.Sequential
layers:
  - {_target_: keras.layers.%s, vocabulary: %s, output_mode: multi_hot}
  - {_target_: keras.layers.Dense, units: 2, activation: softmax}
"""

WORDS = "[/, /etc/passwd, and, or]"
"""Words, of which two look like paths."""


@pytest.fixture
def work(tmp_path):
    """A directory with texts and with models that look up words, nothing of which is trusted."""
    models = tmp_path / "mine" / "model"
    models.mkdir(parents=True)
    for layer in ("StringLookup", "TextVectorization"):
        (models / f"{layer.lower()}.yaml").write_text(LOOKUP % (layer, WORDS))
    (models / "file.yaml").write_text(LOOKUP % ("StringLookup", "/etc/passwd"))
    (models / "nested.yaml").write_text(LOOKUP % ("StringLookup", "[[/etc/passwd]]"))
    (models / "hashing.yaml").write_text(LOOKUP % ("Hashing", WORDS))
    x = np.array(["and", "/", "or", "/etc/passwd"] * 8)[:, None]
    np.savez(tmp_path / "words.npz", x=x, y=np.arange(len(x)) % 2)
    return tmp_path


def run_words(work, models):
    data = ("data=npz", "data.source.path=words.npz", "data.units=2")
    return run_cli(work, *data, f"model={models}", *QUICK, "--config-dir=mine", RUNNER_TRUST="")


def test_a_slash_is_a_word(work):
    ended = run_words(work, "stringlookup,textvectorization")
    assert ended.status == 0, ended.err
    assert ended.results.runs["status"].tolist() == ["ok", "ok"]
    assert (ended.results.runs["digest"].str.len() == 16).all()


@pytest.mark.parametrize(
    ("model", "key"),
    [("file", "vocabulary"), ("nested", "vocabulary"), ("hashing", "vocabulary")],
)
def test_a_path_is_still_refused(work, model, key):
    ended = run_words(work, model)
    assert ended.status == 2
    (line,) = ended.err.splitlines()
    assert line.startswith(
        f"model.layers[0].{key}: may only name files below the current directory. Received: /"
    )
    assert not (work / "outputs").exists()


@pytest.mark.exhaustive
def test_metrics_beside_a_train_step_of_ones_own(tmp_path):
    """None work, and so do those that it updates; others are told, with what to do."""
    ended = run_cli(
        tmp_path,
        *("model=own_step", "model._target_=planted_faults.Own,planted_faults.Measured"),
        *("train.metrics=[],[mae]", "train.loss=mse", "data.units=1"),
        *("data.source._target_=planted_faults.column", *QUICK, f"--config-dir={APPS / 'conf'}"),
        RUNNER_TRUST="planted_faults",
    )
    runs = ended.results.runs.set_index(["model._target_", "train.metrics"])
    own, measured = (runs.loc[f"planted_faults.{each}"] for each in ("Own", "Measured"))
    assert [own.loc["[]", "status"], *measured["status"]] == ["ok"] * 3
    assert pd.isna(own.loc["[]", "mae"])
    assert own.loc["[]", "loss"] == measured.loc["[mae]", "loss"] > 0
    assert measured.loc["[mae]", "mae"] > 0
    assert own.loc["[mae]", "error"] == (
        "train.metrics: are never updated by the model's own train_step, so that training cannot"
        " end. Received: mae. Return self.compute_metrics(x, y, predicted) from it, or write"
        " train.metrics=[]"
    )
