"""The table of tasks: what it names is there, and all that a config may say is in it."""

from __future__ import annotations

import ast
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf

from runner.config.schema import CONF, Config, Kind, Task
from runner.config.task_kinds import TASKS
from runner.tasks import needs


@pytest.fixture(params=TASKS, ids=lambda kind: kind.name)
def kind(request):
    return request.param


def test_every_kind_has_a_row():
    assert set(TASKS) == set(Kind)


def test_every_kind_has_a_file_of_its_name():
    read = {
        path.stem: yaml.safe_load(path.read_text("utf-8"))
        for path in (CONF / "task").glob("*.yaml")
    }
    # One that also sets keys beside the task's has the task's below its name.
    found = {name: each.get("task", each)["kind"] for name, each in read.items()}
    assert found == {kind.name: kind.name for kind in Kind}


def test_every_setting_belongs_to_a_kind_or_to_all():
    settings = [each.settings for each in TASKS.values()]
    assert set().union(*settings) | {"kind", "preload"} == {item.name for item in fields(Task)}
    for each in TASKS.values():
        named = {each.field, each.arguments} - {None}
        assert named <= each.settings


def test_its_module_measures_a_run(kind):
    # Read and not imported, as it may bring TensorFlow.
    spec = find_spec(TASKS[kind].module)
    assert spec is not None
    assert spec.origin is not None
    module = ast.parse(Path(spec.origin).read_text("utf-8"))
    heads = [
        ast.unparse(each.args) for each in module.body if getattr(each, "name", "") == "measure"
    ]
    assert heads == ["run: TaskRun"]


LOADERS = {"get_class", "get_method", "get_object", "instantiate", "import_module", "__import__"}
"""Functions that look code up by its name."""


def loads_unchecked(source):
    """Whether a module looks code up by a name, and does not ask who it belongs to."""
    nodes = list(ast.walk(ast.parse(source)))
    used = {getattr(each, "id", getattr(each, "attr", None)) for each in nodes}
    used |= {each.name for each in nodes if isinstance(each, ast.alias)}
    return bool(used & LOADERS) and "check_identity" not in used


def test_its_module_trusts_no_name(kind):
    spec = find_spec(TASKS[kind].module)
    assert not loads_unchecked(Path(spec.origin).read_text("utf-8"))


@pytest.mark.parametrize(
    ("source", "unchecked"),
    [
        ("from hydra.utils import get_method", True),
        ("def measure(run):\n    from importlib import import_module", True),
        (
            "from hydra.utils import get_method\nfrom runner.trust.identity import check_identity",
            False,
        ),
        ("import importlib\nimportlib.import_module(name)", True),
        ("from importlib.metadata import version", False),
    ],
)
def test_a_planted_name_is_found(source, unchecked):
    assert loads_unchecked(source) is unchecked


def test_it_is_told_what_to_run_by_a_key_of_its_own_or_declares_it(kind):
    row = TASKS[kind]
    assert row.declared is (row.field is None)
    assert row.field in {None, *(each.name for each in fields(Task))}
    others = [each.field for each in TASKS.values() if each is not row and each.field]
    assert row.field not in others


def test_what_a_warm_parent_imports_is_there(kind):
    assert all(find_spec(module) for module in TASKS[kind].preload)


@pytest.mark.parametrize(
    ("kind", "modules"),
    [
        (Kind.keras, ("tensorflow", "keras", "runner.tasks.keras.train", "json", "csv")),
        (Kind.function, ("csv",)),
        (Kind.command, ("csv",)),
    ],
)
def test_a_warm_parent_imports_what_a_run_of_its_kind_imports(kind, modules):
    cfg = OmegaConf.structured(Config)
    cfg.task.kind, cfg.data.preload, cfg.task.preload = kind, ["json"], ["csv"]
    assert needs.preload(cfg) == modules


@pytest.mark.parametrize(
    ("task", "name"),
    [
        (Task(kind=Kind.function, function="mine.train"), "mine.train"),
        (Task(kind=Kind.command, command=["python", "train.py"]), "python"),
        (Task(), ""),
    ],
)
def test_the_name_of_code_of_yours(task, name):
    assert TASKS[task.kind].name_code(task) == name
