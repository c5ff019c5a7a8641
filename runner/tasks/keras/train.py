"""Trains a declared Keras model and calls it on the probe. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from runner.config.instantiate import instantiate_node
from runner.config.schema import Config, Perturb
from runner.config.seeds import Seeds
from runner.data.nest import leaves, named_leaves
from runner.data.rows import Rows
from runner.errors import ConfigError
from runner.numeric.labels import class_labels
from runner.record.fingerprint import digest, row_ids
from runner.record.reasons import Clause, Reason
from runner.record.record import OutputPart, RunArrays
from runner.tasks.divergence_watch import DivergenceWatch
from runner.tasks.keras.adapting import adapt_layers
from runner.tasks.keras.callbacks import make_callbacks
from runner.tasks.keras.causes.collapse import explain_collapse
from runner.tasks.keras.evaluations import choose, evaluate
from runner.tasks.keras.facts.state_facts import describe_states
from runner.tasks.keras.facts.trained import Trained
from runner.tasks.keras.feed.epoch_facts import describe_draws, describe_epochs
from runner.tasks.keras.feed.load import Data, describe_data, load_data
from runner.tasks.keras.fit import Fitted, History, Listeners, find_evaluated, fit
from runner.tasks.keras.keras_internals import check_keras, find_metrics
from runner.tasks.keras.model import (
    Masks,
    assign_dropout_seeds,
    compile_model,
    create_state,
    fingerprint_weights,
    make_model,
    perturb_random_weight,
    perturb_weight,
)
from runner.tasks.keras.model_facts import describe_initial_weights, describe_model, describe_twins
from runner.tasks.keras.resuming.state_watch import StateWatch
from runner.tasks.keras.runtime import apply_runtime
from runner.tasks.run_result import RunResult
from runner.tasks.seeding import Seeder
from runner.tasks.task_run import TaskRun
from runner.tasks.to_numpy import unify, widen


def measure(run: TaskRun) -> RunResult:
    """Train and call the declared model of a task; see `train_and_call`."""
    return train_and_call(run.config, run.seeds, run.directory, run.watch)


def train_and_call(
    cfg: Config, seeds: Seeds, directory: Path, watch: DivergenceWatch | None = None
) -> RunResult:
    """Build and train the model `cfg.builds` times, and call each `cfg.calls` times.

    Args:
        cfg: The config of the run.
        seeds: The seeds of the run.
        directory: The run's directory, in which callbacks may write.
        watch: Compares the run with its reference; None: it has none.

    Raises:
        PartedError: The run has parted from its reference.
        ConfigError: The config has a fault that only running reveals, such as a model that does
            not fit the data.
    """
    seeder, data = start_run(cfg, seeds)
    watch = watch or DivergenceWatch()
    builds = [
        _build(cfg, data, seeder, build, _Surroundings(directory, watch))
        for build in range(cfg.builds)
    ]
    # Measured last, and of the last build only: it may call the model, and a model may draw from a
    # global generator, which would change what a later build draws.
    last = builds[-1]
    facts = describe_draws(cfg, data.train, _augmentation(cfg, seeder, cfg.builds - 1))
    facts += describe_model(Trained.of(last.model, cfg, data, last.outputs))
    probe = data.probe(cfg.probe.inputs)
    outputs = np.stack([each.outputs for each in builds])
    return RunResult(
        RunArrays(outputs, row_ids(*leaves(probe.x)), _find_labels(probe)),
        [each.metrics for each in builds],
        [each.fingerprints for each in builds],
        digest(outputs),
        [each.collapse for each in builds],
        describe_data(cfg, data),
        [*(each.facts for each in builds[:-1]), [*last.facts, *facts]],
        [each.history for each in builds],
        last.parts,
    )


def start_run(cfg: Config, seeds: Seeds) -> tuple[Seeder, Data]:
    """Set up TensorFlow, seed the generators and load the rows."""
    apply_runtime(cfg)
    check_keras()
    seeder = Seeder(seeds, cfg.seed.scope, tuple(cfg.seed.generators))
    seeder.start()
    seeder.enter("data")
    data = load_data(cfg, seeds)
    # Seed again, in case the loader has reseeded a global generator.
    seeder.start()
    return seeder, data


@dataclass(frozen=True)
class Build:
    """What one build gave."""

    outputs: npt.NDArray[np.generic]
    """Outputs on the probe, of shape (call, input, unit)."""
    metrics: dict[str, float]
    fingerprints: dict[str, str]
    collapse: Reason | None
    facts: list[Clause]
    """Facts that need no further call of the model."""
    parts: list[OutputPart]
    """The outputs of a model that has several."""
    history: History
    """What was logged of each epoch."""
    model: Any
    """The trained model; None of one that needs no memory any more."""


@dataclass(frozen=True)
class Prepared:
    """A model that is ready to be trained."""

    model: Any
    fingerprints: dict[str, str]
    """Stage to digest of all that came before training."""
    facts: list[Clause]
    """Facts about the initial weights."""
    masks: Masks
    """The states of its generators before any draw."""


@dataclass(frozen=True)
class _Surroundings:
    """What a run has for all of its builds."""

    directory: Path
    watch: DivergenceWatch


def _build(cfg: Config, data: Data, seeder: Seeder, build: int, around: _Surroundings) -> Build:
    reach = partial(around.watch.reach, build)
    reach(data.fingerprints)
    prepared = prepare_model(cfg, data, seeder, build)
    reach(prepared.fingerprints | prepared.masks.fingerprints())
    watch = StateWatch(cfg.resumes if build == 0 else [])
    listeners = Listeners(make_callbacks(cfg.train, around.directory, build), [watch], reach)
    fitted = train_model(cfg, prepared.model, data, seeder, build, listeners)
    built = measure_build(cfg, prepared, data, seeder, fitted)
    # Only the last build's model is needed any more.
    kept = prepared.model if build == cfg.builds - 1 else None
    return replace(built, facts=[*built.facts, *watch.describe()], model=kept)


def prepare_model(cfg: Config, data: Data, seeder: Seeder, build: int) -> Prepared:
    """Make, adapt, compile, seed and perturb the declared model."""
    seeder.start(build)
    seeder.enter("init", build)
    model = make_model(cfg)
    adapted = adapt_layers(model, cfg.train.adapt, data.train)
    compile_model(cfg, model, data.like)
    assign_dropout_seeds(model, seeder, build)
    if cfg.perturb is Perturb.one_ulp:
        perturb_weight(model)
    elif cfg.perturb is Perturb.random_ulp:
        perturb_random_weight(model, seeder, build)
    before = data.fingerprints | adapted | fingerprint_weights("init", model)
    facts = [describe_initial_weights(model), *describe_twins(model)]
    return Prepared(model, before, facts, Masks.of(model))


def train_model(
    cfg: Config, model: Any, data: Data, seeder: Seeder, build: int, listeners: Listeners
) -> Fitted:
    """Train a model as the config says, if it is trained at all.

    Args:
        cfg: the config of the run.
        model: the compiled model.
        data: the rows of the run.
        seeder: seeds the sources that training draws from.
        build: index of the build.
        listeners: the callbacks.
    """
    if cfg.train.trained_epochs == 0:
        return Fitted()
    create_state(model, data.like)
    augment = _augmentation(cfg, seeder, build)
    return fit(cfg, model, data, augment, listeners, lambda source: seeder.enter(source, build))


def measure_build(
    cfg: Config, prepared: Prepared, data: Data, seeder: Seeder, fitted: Fitted
) -> Build:
    """Call a trained model on the probe, and measure what it and its training gave."""
    model, recorder = prepared.model, fitted.recorder
    after = data.find_changes(recorder) | recorder.fingerprints() | fitted.fingerprints()
    after |= fingerprint_weights("weights", model)
    probe = data.probe(cfg.probe.inputs)
    called = [_call(cfg, model, probe, seeder) for _ in range(cfg.calls)]
    outputs = np.stack([flatten_units(each, probe.count) for each in called])
    fingerprints = prepared.fingerprints | prepared.masks.fingerprints() | after
    fingerprints["outputs"] = digest(outputs)
    metrics = _measure(cfg, model, data, fitted)
    # Done last, because it may call the model once more.
    collapse = explain_collapse(
        model, probe.x, outputs, cfg, data.targets, fingerprints, data.inputs
    )
    facts = [*prepared.facts, *describe_epochs(cfg, data.train.count, recorder), *fitted.facts]
    facts += describe_states(model, outputs)
    parts = name_parts(model, called[0])
    return Build(outputs, metrics, fingerprints, collapse, facts, parts, fitted.history, model)


def _measure(cfg: Config, model: Any, data: Data, fitted: Fitted) -> dict[str, float]:
    """Return the metrics that a build reports, with the number of epochs if it could vary."""
    final = evaluate(model, find_evaluated(cfg, data))
    metrics = choose(cfg.train.evaluate, fitted.evaluations, final, find_metrics(model))
    return metrics | ({"epochs": float(fitted.epochs)} if fitted.watched else {})


def _call(cfg: Config, model: Any, probe: Rows, seeder: Seeder) -> Any:
    """Return what the model returns for the probe.

    With None, as in `model(x)`, a layer that was called with training=True inside of the model
    stays as it was called; False would reach it too (Keras 3.15.1).
    """
    seeder.call()
    return model(probe.x, training=cfg.probe.training)


def _find_labels(probe: Rows) -> npt.NDArray[np.generic] | None:
    """Return the class labels of the probe (input,); None if its targets are no labels."""
    return class_labels(probe.y) if isinstance(probe.y, np.ndarray) else None


def flatten_units(outputs: Any, inputs: int) -> npt.NDArray[np.generic]:
    """Return the outputs of a model as one array (input, unit).

    Args:
        outputs: What the model returned: one tensor (input, ...), or several in any structure.
        inputs: Number of rows of the probe.

    Raises:
        ConfigError: A tensor has not one row per input, or no one type holds all outputs exactly.
    """
    returned = tf.nest.flatten(outputs)
    for leaf in returned:
        if isinstance(leaf, tf.RaggedTensor | tf.SparseTensor):
            hint = "Call its to_tensor()" if isinstance(leaf, tf.RaggedTensor) else None
            rule = "must return outputs that are dense"
            raise ConfigError("model", rule, f"a {type(leaf).__name__}", hint)
    leaves = [widen(np.asarray(leaf)) for leaf in returned]
    for leaf in leaves:
        if leaf.ndim == 0 or leaf.shape[0] != inputs:
            rule = f"must return one row of outputs for each of {inputs} inputs"
            raise ConfigError("model", rule, f"shape {leaf.shape}")
    return np.concatenate([each.reshape(inputs, -1) for each in unify(leaves, "model")], axis=1)


def name_parts(model: Any, outputs: Any) -> list[OutputPart]:
    """Return the names and the numbers of units of several outputs; empty for one.

    Args:
        model: the model, whose layers name outputs that have no names of their own.
        outputs: what the model returned.
    """
    named = list(named_leaves(outputs))
    if len(named) < 2:
        return []
    layers = list(getattr(model, "output_names", None) or ())
    if not isinstance(outputs, dict) and len(layers) == len(set(layers)) == len(named):
        named = [(name, leaf) for name, (_, leaf) in zip(layers, named, strict=True)]
    return [OutputPart(name, int(np.prod(leaf.shape[1:]))) for name, leaf in named]


def _augmentation(cfg: Config, seeder: Seeder, build: int) -> Callable[[Any], Any] | None:
    if "augment" not in cfg.train.pipeline:
        return None
    seeder.enter("augment", build)
    made: Callable[[Any], Any] = instantiate_node(
        cfg.train.augment.function, "train.augment.function"
    )
    return made
