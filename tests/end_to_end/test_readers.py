"""Each reader of files through the command line: the same rows in each run, and an end to end."""

from __future__ import annotations

import h5py
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from conftest import run_cli

from runner.record.store import read_run

QUICK = ("train.epochs=1", "builds=1", "replays=0", "replicates=2", "probe.inputs=8")

TEXT_MODEL = """
_target_: keras.Sequential
layers:
  - _target_: keras.layers.TextVectorization
    vocabulary: [good, bad]
    output_sequence_length: 3
  - _target_: keras.layers.Embedding
    input_dim: 5
    output_dim: 4
  - _target_: keras.layers.Flatten
  - _target_: keras.layers.Dense
    units: 2
    activation: softmax
"""

REGRESSION_MODEL = """
_target_: keras.Sequential
layers:
  - _target_: keras.layers.Flatten
  - _target_: keras.layers.Dense
    units: 1
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of 24 rows of two classes, in every form."""
    root = tmp_path_factory.mktemp("files")
    x = np.random.RandomState(0).rand(24, 3).astype(np.float32)
    y = np.arange(24) % 2
    with h5py.File(root / "rows.h5", "w") as file:
        file["x"], file["y"], file["who"] = x, y, np.arange(24) // 4
    frame = pd.DataFrame({"lists": list(x), "kind": np.array(["a", "b"])[y], "a": y, "b": x[:, 0]})
    frame.to_feather(root / "rows.feather")
    frame.to_parquet(root / "rows.parquet")
    pd.DataFrame({"wave": np.sin(np.arange(60) / 5)}).to_csv(root / "series.csv", index=False)
    for row in range(24):
        name = "ash" if y[row] else "oak"
        for kind, content in (
            ("images", tf.io.encode_png((x[row] * 255).astype(np.uint8).reshape(1, 1, 3)).numpy()),
            ("texts", b"a good one" if y[row] else b"a bad one"),
        ):
            path = root / kind / name / f"{row}.{'png' if kind == 'images' else 'txt'}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    (root / "my" / "model").mkdir(parents=True)
    (root / "my" / "model" / "words.yaml").write_text(TEXT_MODEL)
    (root / "my" / "model" / "next.yaml").write_text(REGRESSION_MODEL)
    return root


CASES = {
    "hdf5": ("data=hdf5", "data.source.path=rows.h5", "data.units=2", "data.split.by=stratify"),
    "hdf5_groups": (
        "data=hdf5", "data.source.path=rows.h5", "data.units=2", "data.split.by=group",
        "data.split.group=who",
    ),
    "feather": (
        "data=feather", "data.source.path=rows.feather", "data.source.target=kind",
        "data.source.features=[lists]", "data.units=2",
    ),
    "several": (
        "data=parquet", "data.source.path=rows.parquet", "data.source.target=[a,b]",
        "data.source.features=[lists]", "data.units=2", "train.loss=mse", "train.metrics=[mae]",
    ),
    "windows": (
        "data=series_windows", "data.source.path=series.csv", "data.source.target=wave",
        "data.source.window=4", "train.loss=mse", "train.metrics=[mae]", "model=next",
        "--config-dir=my",
    ),
    "images": (
        "data=image_folder", "data.source.path=images", "data.source.size=[4,4]", "data.units=2",
    ),
    "texts": (
        "data=text_folder", "data.source.path=texts", "data.units=2", "model=words",
        "--config-dir=my",
    ),
}  # fmt: skip
"""Command lines that read each kind of file."""


@pytest.mark.exhaustive
@pytest.mark.parametrize("case", CASES)
def test_a_reader_gives_the_same_rows_in_each_run(files, tmp_path, case):
    work = tmp_path / "work"
    work.mkdir()
    for each in files.iterdir():
        (work / each.name).symlink_to(each)
    model = () if "--config-dir=my" in CASES[case] else ("model=linear",)
    ended = run_cli(work, *QUICK, *model, *CASES[case], "-m")
    assert ended.status == 0, ended.err + ended.out
    (row,) = (row for _, row in ended.results.table.iterrows())
    assert row["verdict"] == "repeatable"
    assert pd.isna(row["surprise"])
    builds = [read_run(path).fingerprints[0] for path in ended.sweep.glob("*/record.json")]
    assert len(builds) == 2
    assert builds[0] == builds[1]
    assert ("split" in builds[0]) == (case != "windows")


@pytest.mark.parametrize("link", ["texts/oak", "texts/oak/x.txt"])
def test_a_folder_of_a_config_file_leads_nowhere_else(files, tmp_path, link):
    """A link below a folder may come from a stranger, just as the file that names the folder."""
    work = tmp_path / "work"
    (work / link).parent.mkdir(parents=True)
    (work / "texts" / "ash").mkdir()
    (work / link).symlink_to(files / ("texts/oak" if link == "texts/oak" else "rows.h5"))
    (work / "my" / "data").mkdir(parents=True)
    (work / "my" / "data" / "theirs.yaml").write_text(
        "source: {_target_: runner.datasets.texts, path: texts}\nunits: 2\n"
    )
    ended = run_cli(work, *QUICK[:2], "data=theirs", "--config-dir=my")
    assert ended.status == 2
    assert "data.source.path: may only name files below the current directory" in ended.err
