"""`audit-table` on small tables: how they are read, what is found, and each exit status."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.process

WIDE = """\
data set,MLP,CNN
one,93.33 (1.10),91.20 (2.04)
two,88.13 (1.52),90.27 (1.91)
three,76.40 (2.21),81.47 (1.37)
"""


@pytest.fixture
def audit(forked_commands, tmp_path):
    """Audit the text of a table, with further arguments."""

    def run(text: str, *arguments: str, name: str = "table.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return forked_commands.run(tmp_path, ["audit-table", name, *arguments])

    return run


def write_long(cells: dict[tuple[str, str], list[float]]) -> str:
    """A long table of runs."""
    rows = ["dataset,method,seed,accuracy"]
    for (data, method), values in cells.items():
        rows += [f"{data},{method},{seed},{value}" for seed, value in enumerate(values)]
    return "\n".join(rows) + "\n"


HEALTHY = {
    ("one", "mlp"): [0.912, 0.894, 0.905, 0.921, 0.899],
    ("one", "cnn"): [0.931, 0.944, 0.939, 0.925, 0.950],
    ("two", "mlp"): [0.712, 0.694, 0.725, 0.721, 0.699],
    ("two", "cnn"): [0.731, 0.764, 0.739, 0.745, 0.750],
    ("three", "mlp"): [0.512, 0.494, 0.525, 0.541, 0.479],
    ("three", "cnn"): [0.571, 0.564, 0.539, 0.545, 0.560],
}


def test_a_long_table_is_read_and_quiet(audit):
    ended = audit(write_long(HEALTHY), "--test-rows", "1000")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines() == [
        "table.csv: long, data set dataset (3), method method (2), run seed (5 runs at most), value"
        " accuracy; scale share (by its values); runs of a mean: 5; test rows 1000",
        "6 cells: 0 errors, 0 warnings, 0 infos",
    ]


def test_an_sd_of_0_among_others_is_found(audit):
    ended = audit(write_long(HEALTHY | {("two", "cnn"): [0.742] * 5}), "--test-rows=1000")
    assert ended.returncode == 1
    assert "warning TAB101 unvarying-runs: The runs of cnn do not differ at all" in ended.stdout
    assert "two / cnn [mean 0.742, SD 0, 5 runs]" in ended.stdout


def test_an_sd_of_0_at_the_end_of_the_scale_is_no_finding(audit):
    ended = audit(write_long(HEALTHY | {("two", "cnn"): [1.0] * 5}), "--test-rows=1000")
    assert ended.returncode == 0, ended.stdout


def test_a_mean_that_no_whole_number_of_rows_gives_is_found(audit):
    assert audit(WIDE, "--test-rows=150", "--n=5").returncode == 0
    ended = audit(WIDE.replace("88.13", "88.15"), "--test-rows=150", "--n=5", "--format=json")
    assert ended.returncode == 1, ended.stderr
    said = json.loads(ended.stdout)
    (found,) = [each for each in said["findings"] if each["code"] == "TAB201"]
    assert [(cell["name"], cell["lines"]) for cell in found["cells"]] == [("two / MLP", [3])]
    assert "next to it are 88.1333 and 88.2667" in found["cells"][0]["text"]
