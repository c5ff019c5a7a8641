"""The plan of a sweep over another application: describing it, and finding what is left to run."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from runner.config.compose import ComposedConfiguration, shorten
from runner.config.hydra_internals import is_under_hydra_main
from runner.config.nodes import diff_configs, to_plain
from runner.config.overrides import quote_value
from runner.errors import ConfigError
from runner.plan.jobs import PlannedJob, locate
from runner.plan.manifest import MANIFEST, Manifest, read_manifest, shorten_value
from runner.record.attempts import archive_attempt
from runner.record.journal import JobEnd
from runner.record.surroundings import provenance
from runner.text import list_some
from runner.trust.command_line import split_override

RESUME = "hydra.sweeper.resume"
"""Key that names the directory of the sweep to go on with."""

PLAIN = re.compile(r"[\w/.-]+")
"""Paths that Hydra's parser takes for a text without quotes."""

MAX_CHANGES_SHOWN = 5
"""Largest number of changes listed; the rest are counted."""


def describe_application(
    jobs: Sequence[PlannedJob],
    configurations: Sequence[ComposedConfiguration],
    config: DictConfig,
) -> Manifest:
    """Make the manifest of a sweep over another application.

    Args:
        jobs: all jobs, in the order in which they run.
        configurations: configurations of the jobs.
        config: the config of the sweep itself.
    """
    # Unresolved: an override may refer to what is known only inside a job.
    given = OmegaConf.to_container(config.hydra.overrides, resolve=False)
    assert isinstance(given, dict)
    return Manifest(
        command=sys.orig_argv if is_under_hydra_main() else [],
        overrides=[*given["hydra"], *given["task"]],
        started_in=str(Path.cwd()),
        combinations=[list(each.overrides) for each in configurations],
        configurations=[],
        configs=[to_plain(each.cfg, dropped=()) for each in configurations],
        runs=[job.run for job in jobs],
        provenance=provenance.describe_provenance(),
        files=provenance.local_files([]),
        application=True,
    )


def read_application(directory: Path) -> Manifest:
    """Read the plan of a sweep over another application.

    Raises:
        ConfigError: there is none that can be read.
    """
    try:
        manifest = read_manifest(directory)
    except ConfigError as error:
        raise ConfigError(RESUME, str(error).removeprefix("resume: ")) from None
    if not manifest.application:
        hint = f"Type: python -m runner resume {shlex.quote(str(directory))}"
        raise ConfigError(RESUME, "is a sweep of the runner's own", directory, hint)
    return manifest


def check_application(before: Manifest, now: Manifest) -> None:
    """Check that a sweep has the same jobs, with the same configs, as when it was planned.

    Raises:
        ConfigError: it has not; the message says which key differs.
    """
    old, new = (_list_values(each.combinations) for each in (before, now))
    changes = {f"{key}: was {shorten_value(a)}, is {shorten_value(b)}": None
               for key, (a, b) in diff_configs(old, new).items()}  # fmt: skip
    counts = [len(each.runs) // max(1, len(each.combinations)) for each in (before, now)]
    if counts[0] != counts[1]:
        changes[f"hydra.sweeper.replicates: was {counts[0]}, is {counts[1]}"] = None
    if before.combinations != now.combinations and not changes:
        changes["the overrides are in another order"] = None
    if not changes:
        for old_config, new_config in zip(before.configs, now.configs, strict=True):
            for key, (a, b) in diff_configs(old_config, new_config).items():
                changes[f"{key}: was {shorten_value(a)}, is {shorten_value(b)}"] = None
    if changes:
        listed = list_some(changes, MAX_CHANGES_SHOWN, "; ")
        raise ConfigError(RESUME, "the jobs are not those that were planned", listed)


def describe_other_code(before: Manifest, now: Manifest) -> str | None:
    """Return in one line what code and versions have changed; None if nothing has."""
    changed = [f"{path} is another file" for path in diff_configs(before.files, now.files)] + [
        f"{name}: was {shorten_value(old)}, is {shorten_value(new)}"
        for name, (old, new) in diff_configs(before.provenance, now.provenance).items()
    ]
    return list_some(changed, MAX_CHANGES_SHOWN, "; ") if changed else None


def find_unfinished_jobs(
    jobs: Sequence[PlannedJob], ends: Mapping[int, JobEnd], directory: Path
) -> list[PlannedJob]:
    """Return the jobs that did not end well, or whose directories are gone.

    Args:
        jobs: all jobs of the sweep.
        ends: how jobs ended, by number.
        directory: the directory of the sweep.
    """

    def is_done(job: PlannedJob) -> bool:
        end = ends.get(job.run.job)
        return end is not None and end.status == "ok" and (directory / end.directory).is_dir()

    return [job for job in jobs if not is_done(job)]


def archive_jobs(
    unfinished: Sequence[PlannedJob], jobs: Sequence[PlannedJob], directory: Path
) -> None:
    """Rename what unfinished jobs left, so that nothing of it is overwritten.

    A directory that is not a job's alone stays, as Hydra itself would write into it again.

    Args:
        unfinished: jobs that are to be run again.
        jobs: all jobs of the sweep.
        directory: the directory of the sweep.
    """
    places = dict(zip((job.run.job for job in jobs), locate(jobs), strict=True))
    shared = Counter(each for place in set(places.values()) for each in place.parents)
    shared.update(places.values())
    shared.update([directory.absolute(), *directory.absolute().parents])
    for job in unfinished:
        place = places[job.run.job]
        if shared[place] == 1:
            archive_attempt(place)


def write_resuming_command(manifest: Manifest, directory: Path) -> str:
    """Return the command that goes on with a sweep over another application, for a shell."""
    elsewhere = os.path.realpath(manifest.started_in) != os.path.realpath(".")
    path = str(directory.absolute()) if elsewhere else shorten(directory.absolute())
    added = f"{RESUME}={path if PLAIN.fullmatch(path) else quote_value(path)}"
    if not manifest.command:
        return f"make the same sweep with {added}"
    command = [each for each in manifest.command if split_override(each)[0] != RESUME]
    # Put next to the other overrides, because no option may stand between overrides.
    positions = (i for i, each in enumerate(command) if each in manifest.overrides)
    position = next(positions, len(command))
    typed = shlex.join([*command[:position], added, *command[position:]])
    return f"cd {shlex.quote(manifest.started_in)} && {typed}" if elsewhere else typed


def has_plan(directory: Path) -> bool:
    """Return whether a directory holds the plan of a sweep."""
    return (directory / MANIFEST).exists()


def _list_values(combinations: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the values that each key has in a sweep, in their order."""
    values: dict[str, dict[str, None]] = {}
    for text in (text for each in combinations for text in each):
        key, value = split_override(text)
        values.setdefault(key, {})[value] = None
    return {key: ",".join(each) for key, each in values.items()}
