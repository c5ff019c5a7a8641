"""A run in two processes: one trains until it is interrupted, and another one goes on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from runner.config.schema import Checkpoint, Config
from runner.data.nest import leaves
from runner.record.fingerprint import digest, row_ids
from runner.record.reasons import Clause, count
from runner.record.record import RunArrays
from runner.record.stages import Fingerprints, is_of_epoch
from runner.tasks.keras.callbacks import make_callbacks
from runner.tasks.keras.feed.load import Data
from runner.tasks.keras.fit import Fitted, Listeners
from runner.tasks.keras.model import Masks, assign_dropout_seeds
from runner.tasks.keras.resuming.checkpoints import (
    load_model,
    locate,
    make_backup,
    make_saver,
    saves_steps,
)
from runner.tasks.keras.resuming.losses import count_repeated, find_losses
from runner.tasks.keras.resuming.state_watch import Continuation, Interruption
from runner.tasks.keras.resuming.stopped_part import StoppedPart, read_stopped
from runner.tasks.keras.resuming.training_state import digest_progress
from runner.tasks.keras.train import (
    Prepared,
    measure_build,
    prepare_model,
    start_run,
    train_model,
)
from runner.tasks.run_result import RunResult
from runner.tasks.seeding import Seeder
from runner.tasks.task_run import TaskRun

FIRST = 0
"""The build that is resumed: a script has only one."""


def interrupt(run: TaskRun) -> None:
    """Train until the epoch with which another process goes on, and leave a checkpoint."""
    cfg, place = run.config, run.directory
    assert cfg.resume_at is not None
    seeder, data = start_run(cfg, run.seeds)
    model = prepare_model(cfg, data, seeder, FIRST).model
    listed = make_callbacks(cfg.train, place, FIRST)
    kept, by_steps = cfg.train.checkpoint, saves_steps(listed)
    stop = Interruption(cfg.resume_at, listed, by_steps)
    saving = [*make_backup(kept, listed, place), *make_saver(kept, place, cfg.resume_at)]
    fitted = train_model(cfg, model, data, seeder, FIRST, Listeners(listed, [*saving, stop]))
    StoppedPart(
        reached=stop.reached,
        kept=kept.name,
        by_steps=by_steps,
        progress=digest_progress(stop.states[cfg.resume_at]) if stop.reached else "",
        states={str(epoch): state for epoch, state in stop.states.items()},
        steps={str(epoch): steps for epoch, steps in stop.steps.items()},
        evaluations=fitted.evaluations,
    ).write(place)


def resume(run: TaskRun) -> RunResult:
    """Go on with an interrupted training from its checkpoint, and measure what came of it.

    Raises:
        ConfigError: there is no interrupted training, or its model cannot be loaded.
    """
    cfg, place = run.config, run.directory
    before = read_stopped(place)
    seeder, data = start_run(cfg, run.seeds)
    probe = data.probe(cfg.probe.inputs)
    prepared = _restore(run, before, seeder, data)
    listed = make_callbacks(cfg.train, place, FIRST)
    after = Continuation(listed)
    listeners = Listeners(listed, [*make_backup(cfg.train.checkpoint, listed, place), after])
    going_on = _set_first_epoch(cfg) if before.reached else cfg
    fitted = train_model(going_on, prepared.model, data, seeder, FIRST, listeners)
    built = measure_build(cfg, prepared, data, seeder, _join(cfg, before, after, fitted))
    outputs = built.outputs[np.newaxis]
    return RunResult(
        RunArrays(outputs, row_ids(*leaves(probe.x))),
        [built.metrics],
        [_shift_epochs(built.fingerprints, _count_earlier(cfg, after))],
        digest(outputs),
        [built.collapse],
        _describe(cfg, before, after),
        history=[built.history],
        output_parts=built.parts,
    )


def _restore(run: TaskRun, before: StoppedPart, seeder: Seeder, data: Data) -> Prepared:
    """Return the model with which training goes on; BackupAndRestore restores it only in `fit`."""
    cfg, kept = run.config, run.config.train.checkpoint
    if before.reached and kept is Checkpoint.model:
        seeder.start(FIRST)
        seeder.enter("init", FIRST)
        model = load_model(locate(kept, run.directory))
        assign_dropout_seeds(model, seeder, FIRST)
        return Prepared(model, data.fingerprints, [], Masks.of(model))
    prepared = prepare_model(cfg, data, seeder, FIRST)
    if before.reached and kept is Checkpoint.weights:
        prepared.model.load_weights(str(locate(kept, run.directory)))
    return prepared


def _set_first_epoch(cfg: Config) -> Config:
    """Return the config with the epoch with which `fit` begins, which BackupAndRestore knows."""
    if cfg.train.checkpoint is Checkpoint.backup or cfg.resume_at is None:
        return cfg
    return replace(cfg, train=replace(cfg.train, initial_epoch=cfg.resume_at))


def _count_earlier(cfg: Config, after: Continuation) -> int:
    """Return the number of epochs that were trained before, and are not trained again."""
    first = after.first_epoch
    return 0 if first is None else first - cfg.train.initial_epoch


def _join(cfg: Config, before: StoppedPart, after: Continuation, fitted: Fitted) -> Fitted:
    """Return what training left behind, with what was counted and evaluated before."""
    first = after.first_epoch
    kept = [each for each in before.evaluations if first is not None and each.epoch < first]
    return replace(
        fitted,
        earlier=_count_earlier(cfg, after),
        evaluations=[*kept, *fitted.evaluations],
    )


def _shift_epochs(stages: Fingerprints, earlier: int) -> Fingerprints:
    """Return the stages with those of epochs numbered as in a training without interruption."""
    shifted = {}
    for stage, each in stages.items():
        kind, _, number = stage.partition("/")
        shifted[f"{kind}/{int(number) + earlier}" if is_of_epoch(stage) else stage] = each
    return shifted


def _describe(cfg: Config, before: StoppedPart, after: Continuation) -> list[Clause]:
    """Return the facts of a resumed run.

    They are `resumed`, with what the process before had come to and where this one went on, and
    `state-lost`; or `not-interrupted`, where training had ended before; or `not-kept`, where there
    was no checkpoint yet, so that everything was trained again.
    """
    if not before.reached or after.first_epoch is None:
        return [Clause("not-interrupted")]
    if after.first_epoch == cfg.train.initial_epoch and after.steps == 0:
        return [Clause("not-kept")]
    numbers = {
        "epoch": count(after.first_epoch),
        "repeated_steps": count(count_repeated(before, after)),
    }
    words = {"progress": before.progress, "kept": before.kept}
    return [Clause("resumed", words=words, numbers=numbers), *find_losses(before, after)]
