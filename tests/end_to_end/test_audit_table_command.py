"""`audit-table` on small tables: how they are read, what is found, and each exit status."""

from __future__ import annotations

import json

import pandas as pd
import pytest

pytestmark = pytest.mark.process

WIDE = """\
data set,MLP,CNN
one,93.33,91.20
two,88.13,90.27
three,76.40,81.47
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


def test_a_table_of_a_parquet_file_is_read(forked_commands, tmp_path):
    cells = {key: values for key, values in HEALTHY.items() if key[0] != "three"}
    rows = [(d, m, s, v) for (d, m), values in cells.items() for s, v in enumerate(values)]
    frame = pd.DataFrame(rows, columns=["problem", "classifier", "seed", "acc"])
    frame.to_parquet(tmp_path / "table.parquet")
    ended = forked_commands.run(tmp_path, ["audit-table", "table.parquet"])
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(
        "table.parquet: long, data set problem (2), method classifier (2), run seed (5 runs at"
        " most), value acc; scale share (by its values); runs of a mean: 5\n"
    )


@pytest.mark.parametrize(
    ("text", "arguments", "read"),
    [
        (
            "method,one,two,three\nA,1.5,2.5,3\nB,3,4,5.5\n",
            (),
            "method method (2), a column a data",
        ),
        ("data,acc_1,acc_2\nx,.5,.6\ny,.7,.8\n", (), "up to 2 columns of runs each"),
        ("data;A;B\nx;93,2;91,0\ny;90,1;90,5\n", (), "scale percent"),
        ("data,model,acc_0,acc_1\nx,A,.5,.6\nx,B,.7,.8\n", (), "(1 data sets, 2 methods)"),
        ("data,A_mean,A_std\nx,93.1,1.5\ny,90.1,1.2\n", (), "mean and SD in each"),
        ("data,ResNet-18,ResNet-34\nx,93.1,91\ny,90.1,90\n", (), "(ResNet-18, ResNet-34)"),
        ("task,net,s,top\nx,A,1,.5\nx,A,2,.6\n", ("--run=s", "--value=top"), "run s (2 runs at"),
        (
            "a,b,c,d\nx,A,1,.5\nx,A,2,.6\n",
            ("--cell=a,b", "--run=c"),
            "run c (2 runs at most), value d",
        ),
        ("data,method,value\nx,A,.5\nx,B,.6\n", (), "long, data set data (1), method method (2)"),
        ("dataset,method,loss\nx,A,.5\nx,B,.6\n", (), "scale number"),
    ],
)
def test_layouts_are_found(audit, text, arguments, read):
    ended = audit(text, *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert read in ended.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (WIDE, ("--sd=spread",), "--sd: table.csv has no such column. Received: spread."),
        (WIDE, ("--n=0",), "--n: must be at least 1. Received: 0"),
        (WIDE, ("--n=-1",), "--n: table.csv has no such column. Received: -1."),
        (WIDE, ("--scale=percnt",), "audit-table: invalid value for '--scale'"),
        (WIDE, ("--against=other.csv",), "--against: must name a file. Received: other.csv"),
        (WIDE, ("--classes=other.csv",), "--classes: must name a file. Received: other.csv"),
        (
            WIDE,
            ("--classes=table.csv",),
            "table.csv, line 2, column CNN: must be a whole number, at least 1, or empty.",
        ),
        (
            WIDE.replace(",CNN", "")
            .replace(",91.20", "")
            .replace(",90.27", "")
            .replace(",81.47", ""),
            ("--classes=table.csv",),
            "--classes: must have three columns: data set, class, number of test rows. Received:",
        ),
        ("", (), "FILE: must have a heading, at least one row below it and at least two columns."),
        ("a,b\n", (), "FILE: must have a heading, at least one row below it"),
        ("a,a\nx,1\n", (), "FILE: has two columns of one name. Received: a"),
        ("a,b\nx,1\ny\n", (), "FILE: cannot be read as a table: row 3 has 1 cells"),
        ("data,method\nx,A\n", (), "--layout: no column of numbers is left for the values"),
        ("name,text\nx,good\n", (), "--layout: no column of numbers is left for the values"),
        (
            "data,method,seed,one,two\nx,A,1,2,3\n",
            (),
            "--value: table.csv has several columns that may be the value; name one.",
        ),
        (
            "data,method,seed,acc\nx,A,1,.5\nx,A,1,.6\n",
            (),
            "--cell: lines 2 and 3 have the same data set, method and run;",
        ),
        ("data,A\nx,1\nx,2\n", (), "--cell: lines 2 and 3 have the same name"),
        (
            "data,method,acc\nx,A,.5\nx,B,good\n",
            ("--value=acc",),
            "table.csv, line 3, column acc: must be a number, 93.2 (1.9) or 93.2 ± 1.9, or empty."
            " Received: good",
        ),
        (
            "data,method,acc,test_rows\nx,A,.5,many\n",
            (),
            "table.csv, line 2, column test_rows: must be a number, or empty. Received: many",
        ),
        ("data,A\nx,-\n", (), "--layout: no column of numbers"),
    ],
)
def test_bad_input_is_one_clear_line(audit, text, arguments, said):
    ended = audit(text, *arguments)
    assert ended.returncode == 2, ended.stdout
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith(said)


def test_no_file_and_no_such_file(forked_commands, tmp_path):
    ended = forked_commands.run(tmp_path, ["audit-table"])
    assert ended.returncode == 2
    assert ended.stderr.startswith("audit-table: must name a file. Received: nothing.")
    ended = forked_commands.run(tmp_path, ["audit-table", "nowhere.csv"])
    assert ended.returncode == 2
    assert ended.stderr == "FILE: must name a file. Received: nowhere.csv\n"


def test_bytes_that_are_no_text(forked_commands, tmp_path):
    (tmp_path / "table.csv").write_bytes(b"data,A\nx,\xff\xfe\n")
    ended = forked_commands.run(tmp_path, ["audit-table", "table.csv"])
    assert ended.returncode == 2
    assert ended.stderr.startswith("FILE: cannot be read as a table: ")
    (tmp_path / "table.parquet").write_bytes(b"nothing")
    ended = forked_commands.run(tmp_path, ["audit-table", "table.parquet"])
    assert ended.returncode == 2
    assert ended.stderr.startswith("FILE: cannot be read as a table: ")


def test_annotations_and_the_level_to_fail_on(audit):
    text = write_long(HEALTHY | {("two", "cnn"): [0.742] * 5})
    ended = audit(text, "--test-rows=1000", "--format=github", "--fail-on=error")
    assert ended.returncode == 0
    (line,) = ended.stdout.splitlines()
    assert line.startswith("::warning file=table.csv,line=17,title=TAB101 unvarying-runs::The runs")


def test_the_words_of_a_strangers_file_do_not_reach_the_terminal_as_they_are(audit):
    ended = audit(WIDE.replace("MLP", "M\x1b[31mLP"))
    assert "\x1b" not in ended.stdout
