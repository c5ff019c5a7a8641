"""The command: what it lints, prints and exits with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from forked_commands import open_forks

from runner.commands.lint import lint
from runner.commands.print_format import FindingsFormat
from runner.errors import ConfigError
from runner.lint.table import RULES
from runner.numeric.severity import Severity

pytestmark = pytest.mark.composes

HERE = Path(__file__).parent
PROJECT = Path("project")


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    """Paths in what is printed are relative to the current directory."""
    monkeypatch.chdir(HERE)
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def cli(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return open_forks().run(Path.cwd(), ["lint", *arguments], 100, **environment)


# --- what is printed


@pytest.mark.parametrize("format", list(FindingsFormat))
def test_every_file_of_a_directory_as_agreed(capsys, golden, format):
    assert lint(config_dir=PROJECT, format=format) == 1
    printed = capsys.readouterr()
    golden(f"lint/project.{format.name}", printed.out)
    assert printed.err == (
        "project/data/later.yaml: not linted, as data.source.path: must be given,"
        " as data.source.path=VALUE\n"
    )


def test_the_rules_as_agreed(capsys, golden):
    assert lint(rules=True) == 0
    golden("lint/rules.txt", capsys.readouterr().out)


def test_every_combination_is_linted(capsys):
    assert lint(["seed=fixed,unset", "shuffle=off,on"], multirun=True) == 1
    out = capsys.readouterr().out
    labels = [line for line in out.splitlines() if line.startswith("seed=")]
    assert labels == [
        f"seed={seed} shuffle={shuffle}" for seed in ("fixed", "unset") for shuffle in ("off", "on")
    ]
    assert out.splitlines()[-1] == "4 configurations: 0 errors, 4 warnings, 6 infos"


def test_a_glob_finds_the_directory_s_own_files(capsys):
    lint(["model=glob(d*)"], config_dir=PROJECT)
    assert "\nmodel=dead\n" in f"\n{capsys.readouterr().out}"


def test_overrides_with_a_directory_lint_what_a_run_would_be(capsys):
    arguments = ["data=later", "data.source.path=rows.npz", "model=deep"]
    assert lint(arguments, config_dir=PROJECT) == 0
    assert "1 configuration: 0 errors, 0 warnings, 2 infos" in capsys.readouterr().out


def test_a_directory_s_name_may_hold_what_overrides_mean(tmp_path, capsys):
    strange = tmp_path / "a b,c'd=[e]"
    (strange / "model").mkdir(parents=True)
    (strange / "model" / "mine.yaml").write_text("defaults: [mlp]\n")
    assert lint(["model=mine"], config_dir=strange) == 0


def test_json_is_a_list_also_without_findings(capsys):
    arguments = ["builds=1", "replicates=30"]
    assert lint(arguments, format=FindingsFormat.json) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert lint(arguments, format=FindingsFormat.github) == 0
    assert capsys.readouterr().out == ""


def test_colours_are_for_a_terminal(monkeypatch, capsys):
    lint(["seed=unset"])
    plain = capsys.readouterr().out
    assert "\x1b" not in plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    lint(["seed=unset"])
    assert "\x1b" in capsys.readouterr().out


def test_lines_are_not_cut(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    lint(["seed=unset"])
    (line,) = [each for each in capsys.readouterr().out.splitlines() if "RUN101" in each]
    assert line.endswith("unset.yaml:2]")


# --- status


@pytest.mark.parametrize(
    ("overrides", "fail_on", "status"),
    [
        ([], Severity.error, 0),
        ([], Severity.warning, 0),
        ([], Severity.info, 1),
        (["seed=unset"], Severity.error, 0),
        (["seed=unset"], Severity.warning, 1),
        (["seed=unset"], Severity.info, 1),
        (["replicates=1"], Severity.error, 1),
        (["replicates=1"], Severity.warning, 1),
        (["builds=1", "replicates=30"], Severity.info, 0),
    ],
)
def test_status(capsys, overrides, fail_on, status):
    assert lint(overrides, fail_on=fail_on) == status


def test_what_is_silenced_does_not_fail(capsys):
    assert lint(["experiment=deliberate"], config_dir=PROJECT) == 0
    assert capsys.readouterr().out.endswith("0 errors, 0 warnings, 0 infos, 5 silenced\n")


# --- mistakes


@pytest.fixture
def wrong(tmp_path):
    for name, text in {
        "train/broken.yaml": "epochs: [1\n",
        "train/typo.yaml": "epoch: 3\n",
        "train/negative.yaml": "epochs: -1\n",
        "train/fine.yaml": "epochs: 0\n",
        "hydra/launcher/mine.yaml": "_target_: x\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_wrong_file_is_named_and_does_not_keep_others_from_being_linted(wrong, capsys):
    assert lint(config_dir=wrong) == 2
    printed = capsys.readouterr()
    assert "RUN304" in printed.out
    lines = printed.err.replace(str(wrong), "DIR").splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        f"DIR/train/{name}.yaml" for name in ("broken", "negative", "typo")
    ]
    assert lines[1] == ("DIR/train/negative.yaml: train.epochs: must be at least 0. Received: -1")


@pytest.mark.parametrize("directory", ["nowhere", "empty"])
def test_a_directory_without_configs_is_refused(tmp_path, directory):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"^--config-dir: (no such directory|has no files)"):
        lint(config_dir=tmp_path / directory)


def test_a_config_that_lacks_values_is_refused_when_it_is_asked_for():
    with pytest.raises(ConfigError, match=r"^data\.source\.path: must be given"):
        lint(["data=later"], config_dir=PROJECT)


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["modle=mlp"], "modle: is not a key of the config. Did you mean 'model'?"),
        (["seed=1"], "seed: must name a file in this group. Received: 1."),
        (["train.epochs=-1,2"], "train.epochs: must be at least 0. Received: -1"),
        (["train.epochs"], "train.epochs: is not an override such as KEY=VALUE"),
        (["--fail-on", "never"], "lint: invalid value for '--fail-on': "),
        (["--config-dir", "nowhere"], "--config-dir: no such directory. Received: "),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(arguments, line):
    done = cli(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


@pytest.mark.process
def test_the_command_line_prints_and_exits_as_the_function(golden):
    done = cli("--config-dir", "project", "--format", "json", "--fail-on=error")
    assert done.returncode == 1
    golden("lint/project.json", done.stdout)
    golden(HERE.parents[1] / "docs" / "lint.md", cli("--docs").stdout)


@pytest.mark.process
def test_nothing_of_the_config_is_imported(tmp_path):
    """Neither TensorFlow nor Keras, nor the module that a case names, which refuses to be."""
    for path in (HERE / "cases").glob("*/fires.yaml"):
        (tmp_path / path.parent.name).mkdir()
        shutil.copy(path, tmp_path / path.parent.name)
    program = (
        "import sys\n"
        "sys.argv = ['runner', 'lint', '--config-dir', *sys.argv[1:]]\n"
        "from runner.__main__ import cli\n"
        "try:\n"
        "    cli()\n"
        "except SystemExit as left:\n"
        "    print(left.code, file=sys.stderr)\n"
        "heavy = ('tensorflow', 'keras', 'sklearn', 'pandas', 'scipy', 'my_data')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    for rule in RULES:
        assert f"{rule.code} {rule.name}: " in done.stdout
    assert done.stderr == "1\n[]\n"
