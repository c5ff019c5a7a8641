"""The rooms of the house: who imports whom, how large a room is, and that these checks can fail."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ALLOWED = {
    "errors": "",
    "numeric": "",
    "text": "errors",
    "statistics": "errors numeric",
    "trust": "errors",
    "record": "errors",
    "config": "errors numeric text trust statistics",
    "processes": "errors text trust",
    "engines": "errors text trust processes",
    "data": "errors numeric text record",
    "observe": "record",
    "static": "config",
    "plan": "errors text trust record config processes",
    "tasks": "errors numeric text trust record config data observe",
    "analysis": "errors numeric text statistics record config",
    "published": "errors numeric text",
    "lint": "errors numeric trust config static plan",
    "execute": "errors text trust record config processes engines static plan tasks",
    "compare": "errors numeric text statistics trust record config plan analysis",
    "page": "errors numeric text trust record config plan analysis",
    "report": "numeric text statistics record config static lint compare analysis published page",
    "sweep": "errors numeric text statistics trust record config static plan analysis lint execute"
    " compare",
    "remedy": "errors numeric text record config analysis observe",
    "commands": "errors numeric text statistics trust record config processes plan analysis lint"
    " execute compare sweep report remedy published pictures",
    "hydra_plugins": "record config lint analysis engines execute sweep report",
    "pictures": "errors statistics record analysis",
    "api": "errors numeric text trust record tasks config plan analysis compare report pictures",
    "testing": "errors numeric record api",
    "runner": "errors api compare",
    "__main__": "commands",
}
"""Package, or module at the top of `runner`, to what it may import; nothing else is allowed."""

EXACTLY = {
    ("analysis", "config"): {"runner.config.schema"},
    ("page", "config"): {"runner.config.schema"},
    ("compare", "plan"): {"runner.plan.manifest"},
    ("compare", "trust"): {"runner.trust.command_line", "runner.trust.sizes"},
    ("lint", "trust"): {"runner.trust.sizes"},
    ("data", "record"): {"runner.record.fingerprint", "runner.record.reasons"},
    ("plan", "processes"): {"runner.processes.devices"},
    ("processes", "trust"): {"runner.trust.importer"},
    ("engines", "trust"): {"runner.trust.importer"},
}
"""Pairs of packages of which only some modules may be imported."""

TENSORFLOW = (
    "runner.data.augment",
    "runner.data.streamed.keras_sequence",
    "runner.data.streamed.record_features",
    "runner.data.folder_sources",
    "runner.data.stream",
    "runner.data.streamed.tensorflow_sources",
    "runner.data.unequal_rows",
    "runner.tasks.keras",
)
"""Modules and packages that import TensorFlow or Keras when they are imported."""

EXTRA = {"runner.engines.ray_engine": "ray"}
"""Modules to what they import that the tests do not ask for: it may not be installed."""

HEAVY = ("numpy", "pandas", "pyarrow", "scipy", "sklearn", "tensorflow", "keras")
"""What a program that only discovers plugins must not wait for."""

PRIVATE = {
    "hydra._internal": {"runner.config.hydra_internals"},
    "_find_object_source": {"runner.config.hydra_internals"},
    "_get_root": {"runner.config.hydra_internals"},
    "_load_single_config": {"runner.config.hydra_internals"},
    "_normalize_file_name": {"runner.config.hydra_internals"},
    "_parse_overrides_and_create_caching_repo": {"runner.config.hydra_internals"},
    "_process_config_searchpath": {"runner.config.hydra_internals"},
    "_return_value": {"runner.config.hydra_internals"},
    "run_and_report": {"runner.config.hydra_internals"},
    "hydra.core.singleton": {"runner.config.hydra_internals"},
    "HydraConfig.instance": {"runner.config.hydra_internals"},
    "items_ex": set(),
    # What a trusted name leads to is told by where Keras really defines it.
    "keras.src": {
        "runner.trust.identity",
        "runner.tasks.keras.keras_internals",
        "runner.observe.libraries.keras_inside",
    },
    "Layer.__call__": {"runner.tasks.keras.keras_internals"},
    "Operation.__call__": {"runner.tasks.keras.keras_internals"},
    "seed_generator_state": {
        "runner.tasks.keras.keras_internals",
        "runner.observe.libraries.keras_inside",
    },
    "_flatten_layers": {"runner.tasks.keras.keras_internals"},
    "rms_scaling": {"runner.tasks.keras.keras_internals"},
    "__mro__": {"runner.commands.typer_internals"},
    "core.registered": set(),
}
"""Text that stands for the inside of a library, to the modules that may have it: docs/libraries.md
says why they do."""

MAX_FILES_AT_TOP = 4
MAX_FILES_IN_PACKAGE = 16
MAX_LEVELS = 8

UNCOUNTED = {"runner.lint.rules", "runner.analysis.findings.rules", "runner.published.rules"}
"""Packages of any size: a file a rule."""


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


@cache
def parse(source: str) -> ast.Module:
    return ast.parse(source)


@cache
def find_statements(source: str) -> list[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Import statements of a module, each with whether it stands inside a function."""

    def visit(node: ast.AST, inside: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                yield child, inside
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from visit(child, inside or function)

    return list(visit(parse(source), False))


def find_imports(name: str, source: str, modules: Mapping[str, str]) -> Iterator[Import]:
    """Every import of a module, as the most exact module that is known."""
    for statement, inside in find_statements(source):
        if isinstance(statement, ast.Import):
            yield from (Import(alias.name, inside) for alias in statement.names)
            continue
        assert statement.level == 0, f"{name}: imports are absolute"
        for alias in statement.names:
            full = f"{statement.module}.{alias.name}"
            yield Import(full if full in modules else str(statement.module), inside)


def room_of(module: str) -> str:
    """`config` of `runner.config.schema`; `runner` of the package itself."""
    top, *rest = module.split(".")
    return rest[0] if top == "runner" and rest else top


def find_edges(sources: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Pairs of modules of the project of which the first imports the second."""
    for name, source in sources.items():
        for each in find_imports(name, source, sources):
            if each.target.partition(".")[0] in ("runner", "hydra_plugins"):
                yield name, each.target


def find_forbidden_imports(sources: Mapping[str, str]) -> list[str]:
    """Rooms that the table does not have, and imports that it does not allow."""
    errors = [f"{name}: has no line in ALLOWED" for name in sources if room_of(name) not in ALLOWED]
    for name, target in find_edges(sources):
        ours, theirs = room_of(name), room_of(target)
        known = ours == theirs or theirs in ALLOWED.get(ours, "").split()
        exact = EXACTLY.get((ours, theirs))
        if not known or (exact is not None and target not in exact):
            errors.append(f"{name}: must not import {target}")
    return errors


def find_cycles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Circles of imports, each from a member back to itself."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
            return
        if name in done:
            return
        for target in sorted(edges.get(name, ())):
            visit(target, [*path, name])
        done.add(name)

    for name in sorted(edges):
        visit(name, [])
    return found


def find_module_cycles(sources: Mapping[str, str]) -> list[list[str]]:
    edges: dict[str, set[str]] = {}
    for name, source in sources.items():
        for each in find_imports(name, source, sources):
            # A package's own __init__ says nothing that its modules need.
            if each.target in sources and each.target != name and not each.inside:
                edges.setdefault(name, set()).add(each.target)
    return find_cycles(edges)


def find_levels(allowed: Mapping[str, str]) -> dict[str, int]:
    """Room to how many stand below it, one above the other; 1 for those that import nothing."""
    levels: dict[str, int] = {}

    def level(room: str) -> int:
        if room not in levels:
            levels[room] = 1 + max(map(level, allowed[room].split()), default=0)
        return levels[room]

    for room in allowed:
        level(room)
    return levels


def find_tensorflow_errors(sources: Mapping[str, str]) -> list[str]:
    """Imports that bring TensorFlow in where it does not belong."""
    errors = []
    for name, source in sources.items():
        for each in find_imports(name, source, sources):
            brings = each.target.partition(".")[0] in ("tensorflow", "keras")
            if not brings and not brings_tensorflow(each.target):
                continue
            if brings_tensorflow(name):
                continue
            errors.append(f"{name}: must not import {each.target}")
    return errors


def brings_tensorflow(module: str) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in TENSORFLOW)


def find_private_names(sources: Mapping[str, str]) -> list[str]:
    """Names from inside of a library that stand where they may not."""
    return [
        f"{name}: must not use {text}"
        for name, source in sources.items()
        for text, allowed in PRIVATE.items()
        if text in source and name not in allowed
    ]


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
PACKAGES = sorted(
    name_of(path.relative_to(ROOT))
    for path in (ROOT / "runner").rglob("__init__.py")
    if path.parent != ROOT / "runner"
)


# --- who may import whom


def test_all_modules_were_read():
    assert {"runner", "runner.__main__", "runner.tasks.keras.train"} <= set(SOURCES)
    assert len(SOURCES) > 100


def test_rooms_import_only_what_the_table_allows():
    assert find_forbidden_imports(SOURCES) == []


def test_the_table_allows_nothing_that_nobody_imports():
    used: dict[str, set[str]] = {}
    for name, target in find_edges(SOURCES):
        used.setdefault(room_of(name), set()).add(room_of(target))
    for room, allowed in ALLOWED.items():
        assert set(allowed.split()) <= used.get(room, set()), room


def test_no_arrow_runs_back_and_the_house_is_not_too_high():
    assert find_cycles({room: set(below.split()) for room, below in ALLOWED.items()}) == []
    assert max(find_levels(ALLOWED).values()) <= MAX_LEVELS


def test_no_modules_import_each_other_in_a_circle():
    assert find_module_cycles(SOURCES) == []


# --- the rooms


def test_few_files_stand_at_the_top():
    assert len(list((ROOT / "runner").glob("*.py"))) <= MAX_FILES_AT_TOP


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_no_larger_than_one_can_overlook(package):
    files = list((ROOT / package.replace(".", "/")).glob("*.py"))
    assert len(files) <= MAX_FILES_IN_PACKAGE or package in UNCOUNTED


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_goes_in_what_comes_out_and_what_it_never_does(package):
    text = ast.get_docstring(parse(SOURCES[package])) or ""
    starts = [line.partition(":")[0] for line in text.splitlines()[2:]]
    assert starts == ["In", "Out", "Never"] or package in UNCOUNTED


def test_no_two_modules_share_a_base_name():
    found: dict[str, list[str]] = {}
    for path in (ROOT / "runner").rglob("*.py"):
        if path.name not in ("__init__.py", "__main__.py"):
            found.setdefault(path.stem, []).append(name_of(path.relative_to(ROOT)))
    for names in found.values():
        # A command is named after its subject.
        others = [each for each in names if not each.startswith("runner.commands.")]
        assert len(others) <= 1, names


def test_tests_lie_in_rooms_of_the_same_names():
    rooms = {path.name for path in (ROOT / "runner").iterdir() if path.is_dir()}
    others = {"apps", "benchmarks", "end_to_end", "golden", "house", "scripts"}
    found = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert {name for name in found if not name.startswith((".", "_"))} <= rooms | others


# --- what stays out


def test_only_the_marked_modules_import_tensorflow():
    assert find_tensorflow_errors(SOURCES) == []


def test_the_inside_of_a_library_is_used_in_one_module_only():
    assert find_private_names(SOURCES) == []


@pytest.mark.parametrize("text", [text for text, allowed in PRIVATE.items() if allowed])
def test_the_table_of_private_names_is_up_to_date(text):
    assert all(text in SOURCES[name] for name in PRIVATE[text])
    assert text.rpartition(".")[2] in (ROOT / "docs/libraries.md").read_text("utf-8")


def test_the_lists_name_nothing_that_is_gone():
    assert set(TENSORFLOW) <= set(SOURCES)
    for exact in EXACTLY.values():
        assert exact <= set(SOURCES)


@pytest.mark.process
def test_importing_every_other_module_leaves_tensorflow_out():
    installed = {name for name in SOURCES if name not in EXTRA or find_spec(EXTRA[name])}
    modules = sorted(name for name in installed if not brings_tensorflow(name))
    assert find_loaded(modules, ("tensorflow", "keras")) == {}


@pytest.mark.process
def test_importing_the_package_or_the_plugins_loads_nothing_heavy():
    assert find_loaded(["runner", "hydra_plugins.runner_plugins"], HEAVY) == {}


@pytest.mark.process
def test_running_needs_no_tables():
    modules = ["runner.__main__", "runner.sweep.sweeper", "runner.execute.launcher"]
    assert find_loaded(modules, ("pandas", "pyarrow", "scipy", "sklearn")) == {}


@pytest.mark.process
def test_processes_know_neither_hydra_nor_the_config():
    assert find_loaded(["runner.processes.pool"], ("hydra", "omegaconf", "numpy")) == {}


def find_sentence_readers(sources: Mapping[str, str]) -> list[str]:
    """Modules that analyse or report, and could read our own sentences with patterns."""
    return [
        name
        for name, source in sources.items()
        if room_of(name) in ("analysis", "report")
        and any(each.target == "re" for each in find_imports(name, source, sources))
    ]


def test_nothing_reads_our_own_sentences():
    assert find_sentence_readers(SOURCES) == []


# --- the checks can fail


def test_a_planted_pattern_is_found():
    planted = {**SOURCES, "runner.analysis.claims": "import re"}
    assert find_sentence_readers(planted) == ["runner.analysis.claims"]


@pytest.mark.parametrize(
    ("name", "source", "culprit"),
    [
        ("runner.errors", "from runner.config.schema import Config", "runner.config.schema"),
        ("runner.errors", "from runner.config import schema", "runner.config.schema"),
        ("runner.errors", "import runner.config.schema", "runner.config.schema"),
        ("runner.numeric.bitwise", "def f():\n    from runner.errors import x", "runner.errors"),
        ("runner.config.seeds", "if x:\n    import runner.__main__", "runner.__main__"),
        ("runner.sweep.prune", "from runner.report import files", "runner.report.files"),
        ("runner.plan.jobs", "import hydra_plugins.runner_plugins", "hydra_plugins.runner_plugins"),
        ("runner.plan.jobs", "from runner.nowhere import x", "runner.nowhere"),
        (
            "runner.analysis.claims",
            "from runner.config.seeds import draw",
            "runner.config.seeds",
        ),
    ],
)
def test_a_planted_import_that_is_not_allowed_is_found(name, source, culprit):
    errors = find_forbidden_imports({**SOURCES, name: source})
    assert errors == [f"{name}: must not import {culprit}"]


def test_a_room_without_a_line_is_found():
    assert find_forbidden_imports({**SOURCES, "runner.utils": ""}) == [
        "runner.utils: has no line in ALLOWED"
    ]


def test_modules_of_one_room_may_import_each_other():
    planted = {**SOURCES, "runner.report.html": "from runner.report import files"}
    assert find_forbidden_imports(planted) == []


def test_a_planted_circle_is_found():
    planted = {
        **SOURCES,
        "runner.report.one": "from runner.report.other import x",
        "runner.report.other": "from runner.report import one",
    }
    assert find_module_cycles(planted) == [
        ["runner.report.one", "runner.report.other", "runner.report.one"]
    ]


def test_a_planted_arrow_back_is_found():
    planted = {**ALLOWED, "record": "errors analysis"}
    rooms = {room: set(below.split()) for room, below in planted.items()}
    assert ["analysis", "record", "analysis"] in find_cycles(rooms)


@pytest.mark.parametrize("text", PRIVATE)
def test_a_planted_private_name_is_found(text):
    planted = {**SOURCES, "runner.plan.jobs": f"from {text} import x"}
    assert find_private_names(planted) == [f"runner.plan.jobs: must not use {text}"]


@pytest.mark.parametrize(
    ("name", "source", "culprit"),
    [
        ("runner.config.seeds", "import tensorflow as tf", "tensorflow"),
        ("runner.config.seeds", "import numpy, keras.layers", "keras.layers"),
        ("runner.config.seeds", "from tensorflow.data import Dataset", "tensorflow.data"),
        ("runner.config.seeds", "try:\n    import keras\nexcept ImportError:\n    pass", "keras"),
        ("runner.config.seeds", "class A:\n    import keras", "keras"),
        ("runner.config.seeds", "def f():\n    import keras", "keras"),
        ("runner.config.seeds", "async def f():\n    if x:\n        import keras", "keras"),
        (
            "runner.tasks.needs",
            "from runner.tasks.keras.feed.pipeline import TrainingRows",
            "runner.tasks.keras.feed.pipeline",
        ),
        ("runner.execute.run", "from runner.data import augment", "runner.data.augment"),
        ("runner.execute.run", "import tensorflow", "tensorflow"),
        ("runner.execute.run", "from runner.tasks.keras import train", "runner.tasks.keras.train"),
        ("runner.execute.run", "def f():\n    import keras", "keras"),
        (
            "runner.tasks.task_run",
            "def f():\n    from runner.tasks.keras.train import x",
            "runner.tasks.keras.train",
        ),
    ],
)
def test_a_planted_import_of_tensorflow_is_found(name, source, culprit):
    errors = find_tensorflow_errors({**SOURCES, name: source})
    assert errors == [f"{name}: must not import {culprit}"]


@pytest.mark.process
def test_a_planted_module_that_loads_tensorflow_is_found(tmp_path):
    (tmp_path / "tensorflow.py").write_text("")
    (tmp_path / "innocent.py").write_text("")
    (tmp_path / "planted.py").write_text("import tensorflow")
    found = find_loaded(["innocent", "planted"], ("tensorflow", "keras"), tmp_path)
    assert found == {"planted": ["tensorflow"]}
