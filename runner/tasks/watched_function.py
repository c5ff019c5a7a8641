"""Watches a function that a Python program has at hand while it is called, as a script is."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hydra.utils import get_original_cwd

from runner.observe.user_frames import is_library
from runner.observe.watch import Watch, watching
from runner.record.timeline import Timeline
from runner.tasks.audited_function import PackedFunction, read_packed
from runner.tasks.returned_values import Returned
from runner.tasks.script.script_seeds import seed_imported
from runner.tasks.task_run import TaskRun


class WatchedCall:
    """What is watched of one call."""

    def __init__(self, watch: Watch, held: Sequence[str]) -> None:
        self._watch = watch
        self._held = list(held)

    def finish(self, returned: Returned, *, named: bool) -> tuple[Returned, Timeline]:
        """Return what a function returned, with the stages that were seen, and what it did.

        Args:
            returned: what the function returned.
            named: whether it named stages itself, which then stand alone.
        """
        self._watch.finish()
        recorder = self._watch.recorder
        timeline = replace(recorder.timeline(""), held=self._held)
        if not named:
            return replace(returned, stages={**recorder.stages, **returned.stages}), timeline
        groups = {k: v for k, v in timeline.groups.items() if k not in returned.stages}
        return returned, replace(timeline, groups=groups)


@contextmanager
def watch_function(run: TaskRun, build: int) -> Iterator[WatchedCall]:
    """Watch the function of an audit while it is called inside.

    Args:
        run: the run, whose config names the packed function.
        build: number of the build.

    Raises:
        ConfigError: the function is gone.
    """
    packed = read_packed(str(run.cfg.task.params.digest))
    root = Path(get_original_cwd())
    # No file of a function is told from one that it wrote: it has no directory of its own.
    with watching(root, _list_own(packed, root), read_below=run.directory) as watch:
        watch.recorder.frames.know(packed.shown)
        seed_imported(run.config, run.seeds, watch, build, afresh=False)
        yield WatchedCall(watch, packed.held)


def _list_own(packed: PackedFunction, root: Path) -> list[str]:
    """Return the directories whose modules are the user's."""
    found = [str(root), *packed.path, *sys.path]
    return [each for each in dict.fromkeys(found) if each and not is_library(each)]
