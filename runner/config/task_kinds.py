"""Table of the kinds of tasks: the config each requires, and its properties before it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from runner.config.instantiate import check_callable
from runner.config.placeholders import find_placeholders, unknown_placeholder
from runner.config.schema import AXES, SOURCES, Config, Kind, Perturb, StopAt, Strategy, Task, Trace
from runner.errors import ConfigError


def _accept(cfg: Config) -> None:
    """Accept any config."""


@dataclass(frozen=True)
class TaskKind:
    """A kind of task, described; the module that it names carries out its runs."""

    module: str
    """Dotted name of the module whose `measure` takes a TaskRun; imported when a run executes."""
    field: str | None = None
    """Key below `task` that says what to run; None for no key. Other kinds must not set it."""
    settings: frozenset[str] = frozenset()
    """Keys below `task` that this kind reads, with `field`. Those that every kind reads are in
    none, and those of other kinds must not be set."""
    arguments: str | None = None
    """Key below `task` that holds all that the user's code is given; None if it gets the config."""
    check: Callable[[Config], None] = _accept
    """Function that raises ConfigError for a config that this kind of task cannot run."""
    declared: bool = False
    """True if the config declares data and model, which makes predictions possible."""
    preload: tuple[str, ...] = ()
    """Modules that a warm parent imports before it forks runs."""
    resuming: str | None = None
    """Dotted name of the module whose `interrupt` and `resume` each take a TaskRun; None where an
    interrupted run cannot go on."""
    own_process: bool = False
    """True if the user's code runs in a separate process, which has another hash seed."""

    def name_code(self, task: Task) -> str:
        """Return the name of the user's code that a task runs; empty for a declared model."""
        code = getattr(task, self.field) if self.field else None
        return " ".join(code[:1]) if isinstance(code, list) else code or ""


def check_task(cfg: Config) -> None:
    """Check the fields of a config that its kind of task requires.

    Raises:
        ConfigError: one is missing, or has a value that this kind of task cannot run.
    """
    task, ours = cfg.task, TASKS[cfg.task.kind]
    value = getattr(task, ours.field) if ours.field else True
    if not value:
        shown = "null" if value is None else value
        raise ConfigError(f"task.{ours.field}", f"is needed by task={task.kind.name}", shown)
    ours.check(cfg)
    axes = [axis for axis in AXES if axis in task.axes]
    if list(task.axes) != axes or "input" not in axes:
        rule = f"must be axes out of {', '.join(AXES)}, in this order, with input among them"
        raise ConfigError("task.axes", rule, list(task.axes))
    if not ours.declared:
        settings = (("perturb", Perturb.none), ("trace", Trace.epochs), ("stop_at", StopAt.never))
        for key, default in settings:
            value = getattr(cfg, key)
            if value is not default:
                known = " or ".join(kind.name for kind, each in TASKS.items() if each.declared)
                raise ConfigError(key, f"needs task={known}", value.name)


def _check_function(cfg: Config) -> None:
    check_callable("task.function", str(cfg.task.function))


def _check_command(cfg: Config) -> None:
    if not cfg.task.outputs:
        raise ConfigError("task.outputs", "must name a file that the command writes", "[]")
    known = {"outputs": (".npy", ".npz", ".csv", ".json"), "metrics": (".json", ".csv", ".npz")}
    for key, suffixes in known.items():
        for index, name in enumerate(getattr(cfg.task, key)):
            where = f"task.{key}[{index}]"
            path = PurePath(name)
            if path.suffix not in suffixes:
                raise ConfigError(where, f"must end in {', '.join(suffixes)}", name)
            if path.is_absolute() or ".." in path.parts:
                raise ConfigError(where, "must be below the command's working directory", name)
    for index, argument in enumerate(cfg.task.command):
        _check_placeholders(f"task.command[{index}]", argument, cfg.seed.strategy)


def _check_script(cfg: Config) -> None:
    if cfg.calls != 1:
        raise ConfigError("calls", "must be 1 with task=script, which calls no model", cfg.calls)
    for index, argument in enumerate(cfg.task.args):
        _check_placeholders(f"task.args[{index}]", argument, cfg.seed.strategy)


def _check_placeholders(key: str, argument: str, strategy: Strategy) -> None:
    """Refuse placeholders for which no run will have a value."""
    derived = [f"seed.{source}" for source in SOURCES]
    seeds = {Strategy.unset: [], Strategy.derived: derived}.get(strategy, ["seed"])
    known = dict.fromkeys(["replicate", "build", *seeds])
    for name in find_placeholders(argument):
        if strategy is Strategy.unset and name in ("seed", *derived):
            hint = "Leave the argument out, or use another strategy"
            raise ConfigError(key, "seed=unset has no seed to give", argument, hint)
        if name not in known:
            raise unknown_placeholder(name, known, key)


TASKS: Mapping[Kind, TaskKind] = {
    Kind.keras: TaskKind(
        module="runner.tasks.keras.train",
        resuming="runner.tasks.keras.resuming.resumed_run",
        declared=True,
        preload=("tensorflow", "keras", "runner.tasks.keras.train"),
    ),
    Kind.function: TaskKind(
        module="runner.tasks.function",
        field="function",
        settings=frozenset({"function", "params", "axes"}),
        check=_check_function,
    ),
    Kind.command: TaskKind(
        module="runner.tasks.command",
        field="command",
        settings=frozenset({"command", "environment", "outputs", "metrics", "axes"}),
        arguments="command",
        check=_check_command,
        own_process=True,
    ),
    Kind.script: TaskKind(
        module="runner.tasks.script.script_run",
        field="script",
        settings=frozenset(
            {"script", "module", "args", "outputs", "listing", "remedies", "respect_seeds"}
        ),
        arguments="args",
        check=_check_script,
    ),
}
"""Description of each kind of task, by the value of `task.kind`."""
