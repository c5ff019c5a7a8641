"""report.html and the page of a comparison, by the commands that write them."""

from __future__ import annotations

import json
import re
import stat
import sys
from dataclasses import MISSING, fields

import pytest
from conftest import run_cli
from synthetic import outputs, write

from runner.plan.manifest import Manifest, write_manifest
from runner.plan.schedule import Run
from runner.record.directories import claim_directory, lock_directory


def contents_of(path):
    text = path.read_text("utf-8")
    return json.loads(re.search(r'id="contents">(.*?)</script>', text, re.S)[1])


def make_sweep(directory, *drivers, **changes):
    for job, driver in enumerate(drivers):
        digest = f"{driver:016x}"
        write(directory, job, outputs(driver), digest=digest, seeds={"value": 1}, **changes)
    return directory


def plan(directory, runs, command=()):
    blank = {
        each.name: {} if "dict[" in each.type[:5] else []
        for each in fields(Manifest)
        if each.default is MISSING
    }
    made = [Run(job, 0, job, None, None, 0) for job in range(runs)]
    write_manifest(
        directory, Manifest(**{**blank, "command": [*command], "started_in": "", "runs": made})
    )


def make_browser(tmp_path):
    """A browser that only writes down what it is asked to open, as BROWSER names it."""
    log = tmp_path / "opened.txt"
    program = tmp_path / "browser"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(log)!r}, 'w').write(sys.argv[1])"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program, log


def test_a_sweep_leaves_a_page_with_its_command_and_repeating_it_works(cli):
    ended = cli(
        "model=linear", "data=article", "seed=fixed", "train.epochs=0", "replicates=2", "-m"
    )
    assert ended.status == 0, ended.err
    assert "report.html" in ended.out
    contents = contents_of(ended.sweep / "report.html")
    assert contents["partial"] is None
    assert contents["verdicts"][0]["word"] in ("deterministic", "repeatable")
    assert contents["configurations"][0]["strip"]["rows"]
    words = contents["command"].split()
    assert words[:3] == ["python", "-m", "runner"]
    again = run_cli(ended.cwd / "again", *words[3:])
    assert again.status == 0, again.err


@pytest.mark.slow
def test_a_sweep_of_a_script_leaves_a_page_whose_command_repeats_it(cli, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "train.py").write_text("import random\nprint(random.random())\n")
    ended = cli("audit", "train.py", "--runs", "2", keep_order=True)
    command = contents_of(ended.sweep / "report.html")["command"]
    assert "hydra.sweep.dir" not in command


@pytest.mark.parametrize("option", ["--save", "--open"])
def test_report_writes_the_page_again(tmp_path, option):
    sweep = make_sweep(tmp_path / "sweep", 1, 1)
    program, log = make_browser(tmp_path)
    ended = run_cli(tmp_path, "report", "sweep", option, BROWSER=f"{program} %s")
    assert ended.status == 0, ended.err
    page = sweep / "report.html"
    assert contents_of(page)["headline"] == "Every run gave the same output"
    assert log.exists() is (option == "--open")
    if option == "--open":
        assert log.read_text() == page.resolve().as_uri()
        assert ended.err == "Opened sweep/report.html\n"


def test_without_a_browser_the_path_is_printed(tmp_path):
    make_sweep(tmp_path / "sweep", 1, 1)
    ended = run_cli(
        tmp_path,
        *("report", "sweep", "--open", "--format", "json"),
        keep_order=True,
        BROWSER="/bin/false",
    )
    assert ended.status == 0
    assert ended.err == "No browser could be opened here; the page is sweep/report.html\n"
    json.loads(ended.out)


def test_the_page_of_a_sweep_that_runs_or_ended_early_says_so(tmp_path):
    sweep = make_sweep(tmp_path / "sweep", 1, 1)
    plan(sweep, 5, ["seed=fixed", "-m"])
    run_cli(tmp_path, "report", "sweep", "--save")
    partial = contents_of(sweep / "report.html")["partial"]
    assert partial == "This sweep ended early: 2 of 5 runs were made."
    claim_directory(sweep, "key")
    with lock_directory(sweep):
        run_cli(tmp_path, "report", "sweep", "--save")
    partial = contents_of(sweep / "report.html")["partial"]
    assert partial == (
        "This sweep was still running when the page was made: 2 of 5 runs had been made."
    )


def test_the_change_against_an_earlier_sweep_is_a_block_of_the_page(tmp_path):
    sweep = make_sweep(tmp_path / "new", 2, 2)
    make_sweep(tmp_path / "old", 1, 1)
    ended = run_cli(tmp_path, "report", "new", "--against", "old", keep_order=True)
    assert ended.status == 0, ended.err
    against = contents_of(sweep / "report.html")["against"]
    assert (against["a"], against["b"]) == ("old", "new")
    assert [each["state"] for each in against["configurations"]] == ["differs"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "sweep", "--against", "nowhere"], "--against: "),
        (["compare", "sweep", "sweep", "--page", "no/such/page.html"], "--page: cannot be written"),
    ],
)
def test_bad_input_is_one_line(tmp_path, arguments, said):
    make_sweep(tmp_path / "sweep", 1, 1)
    ended = run_cli(tmp_path, *arguments, keep_order=True)
    assert ended.status == 2
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err.strip().splitlines()) == 1


def test_a_page_that_cannot_be_written_fails_no_sweep(tmp_path):
    sweep = make_sweep(tmp_path / "sweep", 1, 1)
    (sweep / "report.html").mkdir()
    (sweep / "report.html" / "x").touch()
    ended = run_cli(tmp_path, "report", "sweep", "--save")
    assert ended.status == 0
    assert "report.html was not written: " in ended.err
    assert (sweep / "table.csv").exists()


def test_a_comparison_has_a_page_of_its_own(tmp_path):
    make_sweep(tmp_path / "a", 1, 1)
    make_sweep(tmp_path / "b", 2, 2, environment={"python": "3.12"})
    program, log = make_browser(tmp_path)
    ended = run_cli(tmp_path, "compare", "a", "b", "--page", "page.html", keep_order=True)
    assert ended.status == 1
    contents = contents_of(tmp_path / "page.html")
    assert contents["headline"] == "The two sweeps differ"
    assert contents["environment"] == [["python", "3.11", "3.12"]]
    (found,) = contents["configurations"]
    assert found["max_ulps"] > 0
    again = run_cli(tmp_path, "compare", "a", "a", "--page", "page.html", keep_order=True)
    assert again.status == 0  # a page may be written anew
    (tmp_path / "notes.html").write_text("mine")
    refused = run_cli(tmp_path, "compare", "a", "b", "--page", "notes.html", keep_order=True)
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith("--page: is there already and is no page of runner's")
    assert (tmp_path / "notes.html").read_text() == "mine"
    run_cli(tmp_path, "compare", "a", "a", "--open", BROWSER=f"{program} %s")
    assert log.read_text().endswith("/comparison.html")
