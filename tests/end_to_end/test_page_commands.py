"""Every command that README and the pages show is run, or checked as far as it goes unrun.

Pages that have a test of their own are left to that. Sweeps are dry runs here; commands that read a
sweep, and audits, are run in earnest.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import run_cli

ROOT = Path(__file__).parents[2]
NAMES = (
    *("first-steps", "own-code", "claims", "sweeps", "configuration", "scripts", "lint"),
    *("findings", "threats", "papers", "keep-warm", "submit", "rounds"),
)
PAGES = {"README.md": (ROOT / "README.md").read_text("utf-8")} | {
    f"{name}.md": (ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in NAMES
}
STATISTICS = (ROOT / "docs" / "statistics.md").read_text("utf-8")

pytestmark = pytest.mark.process


def list_commands(text: str) -> list[str]:
    """The commands of a page, each in one line, without its comment."""
    found = re.findall(r"^    python -m runner ?((?:.*\\\n)*.*)$", text, re.MULTILINE)
    lines = (re.sub(r"\\\n\s*", "", each) for each in found)
    return [re.sub(r"\s+# .*$", "", line) for line in lines if "[OPTIONS]" not in line]


COMMANDS = sorted({each for text in PAGES.values() for each in list_commands(text)})


def is_named(command: str, *names: str) -> bool:
    return command.partition(" ")[0] in names


READING = [c for c in COMMANDS if is_named(c, "report", "resume", "compare", "lock", "check")]
LINTING = [c for c in COMMANDS if is_named(c, "lint")]
AUDITING = [c for c in COMMANDS if is_named(c, "audit")]
COUNTING = [c for c in COMMANDS if is_named(c, "statistics", "power", "decide")]
ASKING = [c for c in COMMANDS if c in ("--help", "--cfg job")]
README = list_commands(PAGES["README.md"])
SWEEPING = [
    *(c for c in COMMANDS if c not in (*READING, *LINTING, *AUDITING, *COUNTING, *ASKING)),
]


def mark_all_but_readme(commands: list[str]) -> list[object]:
    """The commands of README by themselves, and those of other pages as slow."""
    return [c if c in README else pytest.param(c, marks=pytest.mark.slow) for c in commands]


def put_before(words: list[str], *overrides: str) -> list[str]:
    """The words of a command with more overrides, which Hydra wants in one stretch."""
    place = next((i for i, word in enumerate(words) if "=" in word and word[0] != "-"), len(words))
    return [*words[:place], *overrides, *words[place:]]


def read_file(page: str, name: str) -> str:
    """The file that a page shows under its name in the first line."""
    (text,) = re.findall(rf"```\w+\n# {re.escape(name)}\n(.*?)```", PAGES[page], re.DOTALL)
    return text


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory with the files that the pages tell one to write."""
    here = tmp_path_factory.mktemp("place")
    for group in ("model", "experiment"):
        (here / "my" / group).mkdir(parents=True)
    (here / "my/model/wide.yaml").write_text(read_file("configuration.md", "my/model/wide.yaml"))
    (claims,) = re.findall(r"```yaml\n(# @package _global_\n.*?)```", PAGES["claims.md"], re.DOTALL)
    (here / "my/experiment/local.yaml").write_text(claims)
    for name in ("my_train.py", "program.py"):
        (here / name).write_text(read_file("own-code.md", name))
    (script,) = re.findall(r"```python\n(.*?)```", PAGES["first-steps.md"], re.DOTALL)
    (here / "train.py").write_text(script)
    (here / "app.py").write_text("raise SystemExit('is not run')\n")
    loads = "def load():\n    raise AssertionError('is not run')\n"
    (here / "my_data.py").write_text(loads)
    (here / "my_package.py").write_text(loads)
    x = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
    np.savez(here / "rows.npz", x=x, y=np.arange(30) % 3)
    return here


def test_the_pages_have_commands_of_all_kinds():
    assert len(SWEEPING) >= 15
    for kind in (READING, LINTING, AUDITING, COUNTING, ASKING):
        assert len(kind) >= 2


@pytest.mark.parametrize("command", mark_all_but_readme(SWEEPING))
def test_a_sweep_is_valid(forked_commands, place, command):
    ended = forked_commands.run(place, put_before(shlex.split(command), "dry_run=true"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "to run" in ended.stdout or "-m" not in command


@pytest.mark.parametrize("command", ASKING)
def test_a_question_is_answered(forked_commands, place, command):
    ended = forked_commands.run(place, shlex.split(command))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "seed" in ended.stdout


@pytest.mark.parametrize("command", LINTING)
def test_a_lint_runs(forked_commands, place, command):
    ended = forked_commands.run(place, shlex.split(command))
    assert ended.returncode in (0, 1)
    assert ended.stderr == ""


@pytest.mark.parametrize("command", COUNTING)
def test_a_command_about_numbers_is_one_that_the_page_of_statistics_shows(command):
    assert f"    python -m runner {command}\n" in STATISTICS


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A directory with sweeps where the pages have them."""
    here = tmp_path_factory.mktemp("kept")
    grid = ("model=linear", "data=article", "seed=fixed,random", "builds=1", "replicates=2")
    ended = run_cli(here, *grid, "hydra.sweep.dir=outputs/DATE/TIME", "-m")
    assert ended.status == 0, ended.err
    for copy in ("A", "B"):
        shutil.copytree(here / "outputs/DATE/TIME", here / "outputs" / copy)
    return here


@pytest.mark.slow
@pytest.mark.parametrize("command", READING)
def test_a_command_that_reads_a_sweep_runs(kept, command):
    words = [re.sub(r"^DIR$", "outputs/DATE/TIME", each) for each in shlex.split(command)]
    (kept / "runner.lock.yaml").unlink(missing_ok=True)
    if words[0] == "check":
        assert run_cli(kept, "lock", "outputs/DATE/TIME").status == 0
    ended = run_cli(kept, *words, keep_order=True)
    assert ended.status == 0, ended.err
    assert (kept / "runner.lock.yaml").exists() == (words[0] in ("lock", "check"))


@pytest.mark.slow
def test_two_runs_are_compared(kept):
    assert "python -m runner diff RUN_A RUN_B" in PAGES["sweeps.md"]
    ended = run_cli(kept, "diff", "outputs/A/0", "outputs/B/0")
    assert (ended.status, ended.err) == (0, "")


@pytest.mark.slow
def test_the_function_of_the_page_runs(place, tmp_path):
    shutil.copy(place / "my_train.py", tmp_path)
    (command,) = (c for c in list_commands(PAGES["own-code.md"]) if "my_train" in c)
    ended = run_cli(tmp_path, *put_before(shlex.split(command), "replicates=2"), keep_order=True)
    assert ended.status == 0, ended.err
    rows = ended.rows("seed")
    assert rows["fixed"]["across_runs"] == "same"
    assert rows["random"]["verdict"] == "seed-driven"
    assert rows["random"]["first_divergence"] == "init/w"


def test_the_function_of_the_readme_runs(tmp_path):
    (tmp_path / "my_train.py").write_text(read_file("README.md", "my_train.py"))
    (command,) = (c for c in list_commands(PAGES["README.md"]) if "my_train" in c)
    words = put_before(shlex.split(command), "replicates=2")
    ended = run_cli(tmp_path, *words, keep_order=True)
    assert ended.status == 0, ended.err
    assert {name: row["verdict"] for name, row in ended.rows("seed").items()} == {
        "fixed": "repeatable",
        "random": "seed-driven",
    }


@pytest.mark.slow
def test_the_program_of_the_page_runs(place, tmp_path):
    shutil.copy(place / "program.py", tmp_path)
    (command,) = (c for c in list_commands(PAGES["own-code.md"]) if "program.py" in c)
    ended = run_cli(tmp_path, *put_before(shlex.split(command), "replicates=2"), keep_order=True)
    assert ended.status == 0, ended.err
    assert ended.rows("seed")["random"]["verdict"] == "seed-driven"
    assert "loss" in ended.results.runs


@pytest.mark.slow
def test_the_python_of_the_page_runs(kept):
    """What sweeps.md shows of a stored sweep, with the id of one of its configurations."""
    (shown,) = re.findall(r"```python\n(.*?)```", PAGES["sweeps.md"], re.DOTALL)
    program = shown.replace("[ID]", "[results.table['configuration'][0]]")
    names = ("findings", "factors", "attribution", "claims")
    program += "".join(f"results.{each}\n" for each in names)
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=kept, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")


# --- in earnest, and slow


def columns(line: str) -> list[str]:
    """The cells of a line of the table, without churn and metrics, which vary."""
    return re.split(r"\s{2,}", line.strip())[:9]


@pytest.mark.slow
def test_the_first_command_prints_the_table_of_the_pages(tmp_path):
    command = list_commands(PAGES["README.md"])[0]
    assert command == list_commands(PAGES["first-steps.md"])[0]
    ended = run_cli(tmp_path, *shlex.split(command), COLUMNS="100")
    assert ended.status == 0, ended.err
    printed = [line for line in ended.out.splitlines() if re.match(r"(seed|fixed|random)  ", line)]
    for page in ("README.md", "first-steps.md"):
        lines = re.findall(r"^    ((?:seed|fixed|random)  .*)$", PAGES[page], re.MULTILINE)
        assert [*map(columns, lines)] == [*map(columns, printed[: len(lines)])]
        assert len(lines) == 5
    # What has a fixed seed is the same each time, where the processor is of the same kind.
    text = " ".join(ended.out.split())
    for page in ("README.md", "first-steps.md"):
        shown = re.findall(r"^    (seed=\w+ shuffle=(?:.+\n    )+.+)$", PAGES[page], re.MULTILINE)
        for each in shown:
            sentence = " ".join(each.split()).partition(" ...")[0]
            assert re.sub(r"1 replay.*", "", sentence) in re.sub(r"1 replay\b", "1 replay", text)


@pytest.mark.slow
@pytest.mark.parametrize("command", AUDITING)
def test_an_audit_runs(place, tmp_path, command):
    shutil.copy(place / "train.py", tmp_path)
    ended = run_cli(tmp_path, *shlex.split(command), keep_order=True, COLUMNS="100")
    assert ended.status == 0, ended.err
    text = " ".join(ended.out.split())
    for each in re.findall(r"^    (uncontrolled: (?:.+\n    )+.+)$", PAGES["first-steps.md"], re.M):
        assert " ".join(each.split()) in text
    if "--fix" in command:
        assert "give numpy.random.default_rng a seed" in text


@pytest.mark.slow
def test_what_readme_says_to_do_does_it(tmp_path):
    """The rows of its decision tables that name a setting of a declared configuration."""
    quick = ("model=linear", "replicates=3", "train.epochs=1", "-m")
    scopes = run_cli(tmp_path / "a", "seed=fixed", "seed.scope=process,build", *quick)
    verdicts = {scope: row["verdict"] for scope, row in scopes.rows("seed.scope").items()}
    assert verdicts == {"process": "repeatable", "build": "deterministic"}
    seeds = run_cli(tmp_path / "b", "seed=fixed,random,derived", "builds=1", *quick).rows("seed")
    assert {seed: row["verdict"] for seed, row in seeds.items()} == {
        "fixed": "repeatable",
        "random": "seed-driven",
        "derived": "seed-driven",
    }
    pinned = ("model=pinned", "seed=random", "shuffle=off", "builds=1")
    ended = run_cli(tmp_path / "c", *pinned, *quick[1:])
    (sentence,) = ended.results.sentences
    assert "every initializer has its own seed" in sentence
    assert "nothing random is left" in sentence
