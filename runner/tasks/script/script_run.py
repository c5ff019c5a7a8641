"""Runs a script once a build, watches it, and turns what it gave into a result."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hydra.utils import get_original_cwd

from runner.config.hydra_internals import forget_application
from runner.config.placeholders import fill_placeholders
from runner.config.schema import Config, Listing, Remedy
from runner.config.seeds import Seeds
from runner.observe.control import Control, Order, Seeding
from runner.observe.watch import Watch, watching
from runner.record.fingerprint import digest
from runner.record.working_copy import make_copy
from runner.tasks.function import seeds_of_build
from runner.tasks.returned_values import Returned, join_builds, read_returned
from runner.tasks.run_result import RunResult
from runner.tasks.script.chosen_outputs import Chosen, choose_outputs, find_words
from runner.tasks.script.main_module import execute
from runner.tasks.script.printed_text import keep_printed
from runner.tasks.script.runtime_settings import apply_settings, apply_to_torch
from runner.tasks.script.script_seeds import seed_everything
from runner.tasks.script.script_source import KEY, read_parts
from runner.tasks.script.written_files import fingerprint_written, list_files
from runner.tasks.task_run import TaskRun


def measure(run: TaskRun) -> RunResult:
    """Run the script of a task; see `run_script`."""
    return run_script(run.config, run.seeds, run.directory, Path(get_original_cwd()))


def run_script(config: Config, seeds: Seeds, directory: Path, started_in: Path) -> RunResult:
    """Run `task.script` once per build, each time in a working directory of its own.

    Args:
        config: The config of the run.
        seeds: The seeds of the run.
        directory: The run's directory; `build0`, `build1`, ... are created in it.
        started_in: The directory that the sweep was started in, of which each working directory is
            a copy.

    Raises:
        RunFailed: The script exited with another status than 0.
        ConfigError: The script cannot be read, or gives nothing that can be compared.
        Exception: Whatever the script raised.
    """
    builds, timelines = [], []
    for build in range(config.builds):
        returned, timeline = _run_build(config, seeds, directory, started_in, build)
        builds.append(returned)
        timelines.append(timeline)
    return replace(join_builds(builds, KEY), timelines=timelines)


def _run_build(
    config: Config, seeds: Seeds, directory: Path, started_in: Path, build: int
) -> tuple[Returned, Any]:
    work = directory / f"build{build}"
    make_copy(started_in, work)
    script = _find_script(config, started_in, work)
    values = {"replicate": config.replicate, "build": build}
    given = seeds_of_build(config, seeds, build)
    values |= {"seed" if name == "value" else f"seed.{name}": each for name, each in given.items()}
    arguments = [fill_placeholders(each, values, "task.args") for each in config.task.args]
    before = list_files(work)
    os.chdir(work)
    forget_application()
    directories = [str(work), str(script.parent)]
    with watching(work, directories, _make_control(config)) as watch:
        watch.replacements.when_imported("keras", lambda _: apply_settings(config))
        watch.replacements.when_imported("torch", lambda torch: apply_to_torch(config, torch))
        seed_everything(config, seeds, watch, build)
        package = _find_package(config, work, script)
        with keep_printed() as printed:
            variables = execute(script, read_parts(script), arguments, package)
        watch.finish()
        with watch.recorder.quiet():
            watch.recorder.reach({"printed": digest(np.array(find_words(printed.text)))})
            watch.recorder.reach(fingerprint_written(work, before))
            chosen = choose_outputs(config.task.outputs, variables, watch, work, printed.text)
            return _read(chosen, watch), watch.recorder.timeline(chosen.described)


def _find_script(config: Config, started_in: Path, work: Path) -> Path:
    """Return the script inside of the working copy; where it lies elsewhere, itself."""
    assert config.task.script is not None
    path = Path(os.path.normpath(started_in / config.task.script))
    inside = path.is_relative_to(started_in) and (work / path.relative_to(started_in)).is_file()
    return work / path.relative_to(started_in) if inside else path


def _find_package(config: Config, work: Path, script: Path) -> str | None:
    """Return the package of a script that is run as a module; None for any other script."""
    if not config.task.module:
        return None
    return ".".join(script.parent.relative_to(work).parts)


def _make_control(config: Config) -> Control:
    """Return what of the script's chances is taken into hand."""
    remedies = config.task.remedies
    seeding = Seeding.respected if config.task.respect_seeds else Seeding.ignored
    if Remedy.fix_seeds in remedies:
        seeding = Seeding.fixed
    listings = Order.shuffled if config.task.listing is Listing.shuffled else Order.own
    if Remedy.sort_listings in remedies:
        listings = Order.sorted
    return Control(
        seeding=seeding,
        fill=Remedy.fill_seeds in remedies,
        listings=listings,
        sets=Order.sorted if Remedy.sort_sets in remedies else Order.own,
        in_order=Remedy.in_order in remedies,
        number=config.replicate,
    )


def _read(chosen: Chosen, watch: Watch) -> Returned:
    returned = read_returned(chosen.returned, KEY, ["input", "unit"], 1)
    return replace(returned, stages={**watch.recorder.stages, **returned.stages})
