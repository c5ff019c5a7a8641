"""Help fits the terminal."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins

from runner.config.help import describe_fields, wrap_lines
from runner.config.loader import GuardedLoader
from runner.config.schema import CONF


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    assert max(map(len, wrap_lines(describe_fields()).splitlines())) <= width


def test_what_does_not_fit_goes_below_its_column(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    assert wrap_lines("  key   default  a text of six words\nshort").splitlines() == [
        "  key   default  a text of six",
        "                 words",
        "short",
    ]


def test_a_list_of_choices_is_indented(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert wrap_lines("model: alpha, beta, gamma").splitlines() == [
        "model: alpha, beta,",
        "    gamma",
    ]


def list_groups(loader, options, parent=""):
    """Group to its options, as `options` lists them, of all groups below one."""
    found = {parent: options(loader, parent, ObjectType.CONFIG)}
    for name in options(loader, parent, ObjectType.GROUP):
        found |= list_groups(loader, options, f"{parent}/{name}" if parent else name)
    return found


def test_groups_are_listed_as_hydra_lists_them(tmp_path):
    """Of ours, of Hydra's, and of a directory given with --config-dir."""
    Plugins.instance()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("x: 1", "utf-8")
    search_path = create_config_search_path(str(CONF))
    search_path.append(provider="command-line", path=f"file://{tmp_path}")
    loader = GuardedLoader(search_path)
    ours = list_groups(loader, GuardedLoader.get_group_options)
    assert ours == list_groups(loader, ConfigLoaderImpl.get_group_options)
    assert {"mine", "mlp"} <= set(ours["model"])
    assert "runner" in ours["hydra/sweeper"]


def test_an_override_can_still_add_a_directory_to_list(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("x: 1", "utf-8")
    loader = GuardedLoader(create_config_search_path(str(CONF)))
    added = f"hydra.searchpath=[file://{tmp_path}]"
    assert "mine" in loader.get_group_options("model", ObjectType.CONFIG, "config", [added])
    assert "mine" not in loader.get_group_options("model")


@pytest.mark.process
def test_help_does_not_wait_for_numpy():
    program = (
        "import sys; sys.argv = ['runner', '--help']; from runner.__main__ import cli; cli(); "
        "sys.exit('numpy' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "train.epochs" in ended.stdout


@pytest.mark.process
def test_a_child_of_a_warm_parent_need_not_import_what_help_does_without():
    """What the task function imports on its way to a run is loaded before a parent forks."""
    program = (
        "import importlib, sys; from runner.execute.opened_pool import RUN_MODULE\n"
        "importlib.import_module(RUN_MODULE)\n"
        "import runner.commands.main\n"
        "before = set(sys.modules)\n"
        "from runner.execute.single_run import run_current_job\n"
        "from runner.processes.job_process import in_worker\n"
        "sys.exit(str(set(sys.modules) - before) if set(sys.modules) - before else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
