"""Who may import whom, that TensorFlow stays out until a run, and that these checks can fail."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = (
    "runner.errors",
    "runner.visible",
    "runner.bounds",
    "runner.jobs",
    "runner.outputs",
    "runner.compare",
    "runner.record",
    "runner.schema",
    "runner.trust",
    "runner.placeholders",
    "runner.validate",
    "runner.seeds",
    "runner.plan",
    "runner.targets",
    "runner.fingerprint",
    "runner.data",
    "runner.tables",
    "runner.streams",
    "runner.datasets",
    "runner.static",
    "runner.lint",
    "runner.augment",
    "runner.pipeline",
    "runner.trace",
    "runner.tasks.reasons",
    "runner.tasks.flow",
    "runner.tasks.collapse",
    "runner.tasks.measured",
    "runner.tasks.seeding",
    "runner.tasks.loading",
    "runner.tasks.arrays",
    "runner.tasks.keras",
    "runner.tasks",
    "runner.limits",
    "runner.log_tail",
    "runner.orphans",
    "runner.worker",
    "runner.fork",
    "runner.verdict",
    "runner.explain",
    "runner.distance",
    "runner.diff",
    "runner.stored",
    "runner.measurement",
    "runner.factors",
    "runner.jackknife",
    "runner.attribution",
    "runner.claims",
    "runner.merged",
    "runner.sentences",
    "runner.collate",
    "runner.help",
    "runner.diagnose",
    "runner.guard",
    "runner.alone",
    "runner.child",
    "runner.planned",
    "runner.provenance",
    "runner.directories",
    "runner.report.console",
    "runner.report.progress",
    "runner.retry",
    "runner.launch",
    "runner.manifest",
    "runner.snapshot",
    "runner.samples",
    "runner.pairing",
    "runner.comparing",
    "runner.lock",
    "runner.lock_file",
    "runner",
    "runner.resume",
    "runner.preview",
    "runner.report",
    "runner.leaving_out",
    "runner.sweep",
    "runner.callbacks",
    "hydra_plugins._runner_settings",
    "hydra_plugins.runner_plugins",
    "runner.lint.composing",
    "runner.rerun",
    "runner.lint.report",
    "runner.lint.formats",
    "runner.commands",
    "runner.__main__",
)
"""Each module imports only what stands above it here; modules of one package each other, too."""

TENSORFLOW = (
    "runner.datasets",
    "runner.streams",
    "runner.augment",
    "runner.pipeline",
    "runner.trace",
    "runner.tasks.reasons",
    "runner.tasks.flow",
    "runner.tasks.collapse",
    "runner.tasks.loading",
    "runner.tasks.keras",
)
"""Modules that import TensorFlow or Keras when they are imported."""

LATE = {
    ("runner.tasks", "runner.tasks.keras"),
}
"""Imports that would bring TensorFlow in, made inside a function once a run executes."""

HEAVY = ("numpy", "pandas", "pyarrow", "scipy", "sklearn", "tensorflow", "keras")
"""What a program that only discovers plugins must not wait for."""


@dataclass(frozen=True)
class Import:
    """One import statement's target."""

    target: str
    inside: bool
    """Whether it stands inside a function, so that importing the module does not execute it."""


def read_sources() -> dict[str, str]:
    """Dotted name to source of every module of the project."""
    paths = [*(ROOT / "runner").rglob("*.py"), *(ROOT / "hydra_plugins").rglob("*.py")]
    return {name_of(path.relative_to(ROOT)): path.read_text("utf-8") for path in paths}


def name_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def find_imports(name: str, source: str, modules: Mapping[str, str]) -> Iterator[Import]:
    """Every import of a module, as the most exact module that is known."""

    def visit(node: ast.AST, inside: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, inside) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{name}: imports are absolute"
                for alias in child.names:
                    full = f"{child.module}.{alias.name}"
                    yield Import(full if full in modules else str(child.module), inside)
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from visit(child, inside or function)

    yield from visit(ast.parse(source), False)


def rank(name: str) -> int | None:
    """Position in LAYERS of a module, or of the nearest package around it."""
    while name not in LAYERS:
        # A module right inside of `runner` needs a place of its own.
        name = name.rpartition(".")[0]
        if name in ("", "runner"):
            return None
    return LAYERS.index(name)


def find_layering_errors(sources: Mapping[str, str]) -> list[str]:
    """Modules without a place, and imports that do not point upwards in LAYERS."""
    errors = [f"{name}: has no place in LAYERS" for name in sources if rank(name) is None]
    for name, source in sources.items():
        for each in find_imports(name, source, sources):
            if each.target.partition(".")[0] not in ("runner", "hydra_plugins"):
                continue
            ours, theirs = rank(name), rank(each.target)
            if ours is None or theirs is None or theirs > ours:
                errors.append(f"{name}: must not import {each.target}")
    return errors


def find_tensorflow_errors(sources: Mapping[str, str]) -> list[str]:
    """Imports that bring TensorFlow in where it does not belong."""
    errors = []
    for name, source in sources.items():
        for each in find_imports(name, source, sources):
            brings = each.target.partition(".")[0] in ("tensorflow", "keras")
            if not brings and each.target not in TENSORFLOW:
                continue
            if name in TENSORFLOW or (each.inside and (name, each.target) in LATE):
                continue
            errors.append(f"{name}: must not import {each.target}")
    return errors


def find_loaded(modules: list[str], unwanted: tuple[str, ...], path: Path | None = None) -> dict:
    """Module to what it made the interpreter import of `unwanted`; stops at the first."""
    program = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]):\n"
        "    importlib.import_module(name)\n"
        "    loaded = [each for each in json.loads(sys.argv[2]) if each in sys.modules]\n"
        "    if loaded:\n"
        "        print(json.dumps({name: loaded}))\n"
        "        break\n"
        "else:\n"
        "    print('{}')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(path or "")}
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(modules), json.dumps(unwanted)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SOURCES = read_sources()


# --- the project


def test_all_modules_were_read():
    assert {"runner", "runner.__main__", "runner.tasks", "runner.tasks.keras"} <= set(SOURCES)
    assert len(SOURCES) > 25


def test_modules_import_only_what_stands_above_them():
    assert find_layering_errors(SOURCES) == []


def test_only_the_marked_modules_import_tensorflow():
    assert find_tensorflow_errors(SOURCES) == []


def test_the_lists_name_nothing_that_is_gone():
    assert set(LAYERS) <= set(SOURCES)
    assert len(set(LAYERS)) == len(LAYERS)
    late = {
        (name, each.target)
        for name, source in SOURCES.items()
        for each in find_imports(name, source, SOURCES)
        if each.inside
    }
    assert late >= LATE
    for name in TENSORFLOW:
        targets = {each.target for each in find_imports(name, SOURCES[name], SOURCES)}
        assert targets & {"tensorflow", "keras"}, name


def test_importing_every_other_module_leaves_tensorflow_out():
    modules = sorted(set(SOURCES) - set(TENSORFLOW))
    assert find_loaded(modules, ("tensorflow", "keras")) == {}


def test_importing_the_package_or_the_plugins_loads_nothing_heavy():
    assert find_loaded(["runner", "hydra_plugins.runner_plugins"], HEAVY) == {}


def test_planning_needs_no_tables():
    modules = ["runner.schema", "runner.seeds", "runner.plan", "runner.record", "runner.fork"]
    assert find_loaded(modules, ("pandas", "pyarrow", "scipy", "sklearn")) == {}


# --- the checks can fail


@pytest.mark.parametrize(
    ("name", "source", "culprit"),
    [
        ("runner.errors", "from runner.schema import Config", "runner.schema"),
        ("runner.errors", "from runner import schema", "runner.schema"),
        ("runner.errors", "import runner.schema", "runner.schema"),
        ("runner.compare", "def f():\n    from runner.verdict import judge", "runner.verdict"),
        ("runner.schema", "if x:\n    import runner.__main__", "runner.__main__"),
        ("runner.collate", "from runner.report import files", "runner.report.files"),
        ("runner.plan", "import hydra_plugins.runner_plugins", "hydra_plugins.runner_plugins"),
        ("runner.plan", "from runner.nowhere import x", "runner.nowhere"),
    ],
)
def test_a_planted_import_downwards_is_found(name, source, culprit):
    errors = find_layering_errors({**SOURCES, name: source})
    assert errors == [f"{name}: must not import {culprit}"]


def test_a_module_without_a_place_is_found():
    assert find_layering_errors({**SOURCES, "runner.utils": ""}) == [
        "runner.utils: has no place in LAYERS"
    ]


def test_modules_of_one_package_may_import_each_other():
    planted = {**SOURCES, "runner.report.html": "from runner.report import files"}
    assert find_layering_errors(planted) == []


@pytest.mark.parametrize(
    ("name", "source", "culprit"),
    [
        ("runner.seeds", "import tensorflow as tf", "tensorflow"),
        ("runner.seeds", "import numpy, keras.layers", "keras.layers"),
        ("runner.seeds", "from tensorflow.data import Dataset", "tensorflow.data"),
        ("runner.seeds", "try:\n    import keras\nexcept ImportError:\n    pass", "keras"),
        ("runner.seeds", "class A:\n    import keras", "keras"),
        ("runner.seeds", "def f():\n    import keras", "keras"),
        ("runner.seeds", "async def f():\n    if x:\n        import keras", "keras"),
        ("runner.collate", "from runner.pipeline import Rows", "runner.pipeline"),
        ("runner.collate", "from runner import augment", "runner.augment"),
        ("runner.tasks", "import tensorflow", "tensorflow"),
        ("runner.tasks", "from runner.tasks import keras", "runner.tasks.keras"),
        ("runner.tasks", "def f():\n    import keras", "keras"),
    ],
)
def test_a_planted_import_of_tensorflow_is_found(name, source, culprit):
    errors = find_tensorflow_errors({**SOURCES, name: source})
    assert errors == [f"{name}: must not import {culprit}"]


def test_an_allowed_import_inside_a_function_is_not():
    source = "def f():\n    from runner.tasks.keras import x"
    assert find_tensorflow_errors({**SOURCES, "runner.tasks": source}) == []


def test_a_planted_module_that_loads_tensorflow_is_found(tmp_path):
    (tmp_path / "tensorflow.py").write_text("")
    (tmp_path / "innocent.py").write_text("")
    (tmp_path / "planted.py").write_text("import tensorflow")
    found = find_loaded(["innocent", "planted"], ("tensorflow", "keras"), tmp_path)
    assert found == {"planted": ["tensorflow"]}
