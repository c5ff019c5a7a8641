"""Trains a declared Keras model and calls it on the probe. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from runner.config.instantiate import instantiate_node
from runner.config.schema import Config, Device, Perturb, Trace
from runner.config.seeds import Seeds
from runner.data.array_sources import Part
from runner.data.stream import Stream
from runner.errors import ConfigError
from runner.numeric.labels import class_labels
from runner.record.fingerprint import digest, row_ids
from runner.record.reasons import Clause, Reason
from runner.record.record import RunArrays
from runner.tasks.keras.collapse import explain_collapse
from runner.tasks.keras.epoch_facts import describe_draws, describe_epochs
from runner.tasks.keras.facts.trained import Trained
from runner.tasks.keras.keras_internals import check_keras
from runner.tasks.keras.load import Data, batches, describe_data, load_data
from runner.tasks.keras.model import (
    Masks,
    assign_dropout_seeds,
    build_model,
    create_state,
    fingerprint_weights,
    perturb_weight,
)
from runner.tasks.keras.model_facts import describe_initial_weights, describe_model
from runner.tasks.keras.pipeline import OrderRecorder, build_pipeline
from runner.tasks.keras.step_trace import StepRecorder
from runner.tasks.keras.unadapted import explain_missing
from runner.tasks.run_result import RunResult
from runner.tasks.seeding import Seeder
from runner.tasks.task_run import TaskRun
from runner.tasks.to_numpy import unify, widen
from runner.text import explain_error

UNBUILT = "metric has not yet been built"
"""What Keras says where an epoch ends and a compiled metric was given nothing."""


def measure(run: TaskRun) -> RunResult:
    """Train and call the declared model of a task; see `train_and_call`."""
    return train_and_call(run.config, run.seeds)


def train_and_call(cfg: Config, seeds: Seeds) -> RunResult:
    """Build and train the model `cfg.builds` times, and call each `cfg.calls` times.

    Raises:
        ConfigError: The config has a fault that only running reveals, such as a model that does
            not fit the data.
    """
    apply_runtime(cfg)
    check_keras()
    seeder = Seeder(seeds, cfg.seed.scope, tuple(cfg.seed.generators))
    seeder.start()
    seeder.enter("data")
    data = load_data(cfg, seeds)
    # Seed again, in case the loader has reseeded a global generator.
    seeder.start()
    builds = [_build(cfg, data, seeder, build) for build in range(cfg.builds)]
    # Measured last, and of the last build only: it may call the model, and a model may draw from a
    # global generator, which would change what a later build draws.
    last = builds[-1]
    facts = describe_draws(cfg, data.rows, _augmentation(cfg, seeder, cfg.builds - 1))
    facts += describe_model(Trained.of(last.model, cfg, data, last.outputs))
    probe, labels = data.probe(cfg.probe.inputs)
    outputs = np.stack([each.outputs for each in builds])
    return RunResult(
        RunArrays(outputs, row_ids(np.asarray(probe)), class_labels(labels)),
        [each.metrics for each in builds],
        [each.fingerprints for each in builds],
        digest(outputs),
        [each.collapse for each in builds],
        describe_data(cfg, data),
        [*(each.facts for each in builds[:-1]), [*last.facts, *facts]],
    )


@dataclass(frozen=True)
class _Build:
    outputs: npt.NDArray[np.generic]
    """Outputs on the probe, of shape (call, input, unit)."""
    metrics: dict[str, float]
    fingerprints: dict[str, str]
    collapse: Reason | None
    facts: list[Clause]
    """Facts that need no further call of the model."""
    model: Any
    """The trained model, of the last build only; None of others, which need no memory any more."""


def _build(cfg: Config, data: Data, seeder: Seeder, build: int) -> _Build:
    seeder.start(build)
    seeder.enter("init", build)
    model = build_model(cfg, data.like[0])
    assign_dropout_seeds(model, seeder, build)
    if cfg.perturb is Perturb.one_ulp:
        perturb_weight(model)
    before = data.fingerprints | fingerprint_weights("init", model)
    initial = describe_initial_weights(model)
    masks = Masks.of(model)
    recorder = OrderRecorder()
    steps = [StepRecorder(cfg.train.steps_per_execution)] if cfg.trace is Trace.steps else []
    if cfg.train.epochs > 0:
        create_state(model, data.like[1])
        pipeline = build_pipeline(
            data.rows,
            cfg.train,
            cfg.shuffle,
            _augmentation(cfg, seeder, build),
            recorder,
            lambda source: seeder.enter(source, build),
        )
        seeder.enter("dropout", build)
        ends = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: recorder.end_epoch())
        callbacks = [ends, *steps]
        with explain_missing(model), explain_metrics(cfg), explain_stream_errors(cfg, data):
            model.fit(
                pipeline, epochs=cfg.train.epochs, verbose=0, shuffle=False, callbacks=callbacks
            )
    after = data.find_changes(recorder) | recorder.fingerprints()
    for each in steps:
        after |= each.fingerprints()
    after |= fingerprint_weights("weights", model)
    probe, _ = data.probe(cfg.probe.inputs)
    outputs = np.stack([_call(cfg, model, probe, seeder) for _ in range(cfg.calls)])
    fingerprints = before | masks.fingerprints() | after | {"outputs": digest(outputs)}
    metrics = evaluate(model, data.test)
    # Done last, because it may call the model once more.
    collapse = explain_collapse(model, probe, outputs, cfg, data.targets, fingerprints, data.inputs)
    kept = model if build == cfg.builds - 1 else None
    facts = [initial, *describe_epochs(cfg, data.rows.count, recorder)]
    return _Build(outputs, metrics, fingerprints, collapse, facts, kept)


def _call(
    cfg: Config, model: Any, probe: npt.NDArray[np.generic], seeder: Seeder
) -> npt.NDArray[np.generic]:
    """Return the outputs on the probe, of shape (input, unit)."""
    seeder.call()
    return flatten_units(model(probe, training=cfg.probe.training), len(probe))


def apply_runtime(cfg: Config) -> None:
    """Apply the runtime settings that TensorFlow accepts only before its first operation.

    Raises:
        ConfigError: A GPU is required and TensorFlow sees none.
    """
    runtime = cfg.runtime
    if runtime.intra_op_threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(runtime.intra_op_threads)
    if runtime.inter_op_threads is not None:
        tf.config.threading.set_inter_op_parallelism_threads(runtime.inter_op_threads)
    gpus = tf.config.list_physical_devices("GPU")
    if runtime.device is Device.gpu and not gpus:
        raise ConfigError("runtime.device", "TensorFlow sees no GPU here", "gpu")
    if runtime.device is Device.cpu:
        tf.config.set_visible_devices([], "GPU")
    else:
        for gpu in gpus:
            # Several runs share a GPU, so each may only take memory as it needs it.
            tf.config.experimental.set_memory_growth(gpu, True)
    if runtime.op_determinism:
        tf.config.experimental.enable_op_determinism()


@contextmanager
def explain_stream_errors(cfg: Config, data: Data) -> Iterator[None]:
    """Turn TensorFlow's errors about rows that stream into one clear line.

    Raises:
        ConfigError: Rows cannot be read, or a stage of the input pipeline raised an error.
    """
    try:
        yield
    except tf.errors.OpError as error:
        if not isinstance(data.train, Stream) or "IteratorGetNext" not in str(error):
            raise
        augmented = "augment" in cfg.train.pipeline
        key = "train.pipeline" if augmented else "data.source"
        rule = f"its rows cannot be read{' or augmented' if augmented else ''}"
        raise ConfigError(key, f"{rule}: {explain_error(error)}") from error


@contextmanager
def explain_metrics(cfg: Config) -> Iterator[None]:
    """Turn Keras's error about metrics that training never updated into one clear line.

    Raises:
        ConfigError: the model has a `train_step` of its own that leaves the metrics alone.
    """
    try:
        yield
    except ValueError as error:
        if UNBUILT not in str(error):
            raise
        names = ", ".join(str(each) for each in cfg.train.metrics)
        rule = "are never updated by the model's own train_step, so that training cannot end"
        hint = "Return self.compute_metrics(x, y, predicted) from it, or write train.metrics=[]"
        raise ConfigError("train.metrics", rule, names, hint) from error


def flatten_units(outputs: Any, inputs: int) -> npt.NDArray[np.generic]:
    """Return the outputs of a model as one array (input, unit).

    Args:
        outputs: What the model returned: one tensor (input, ...), or several in any structure.
        inputs: Number of rows of the probe.

    Raises:
        ConfigError: A tensor has not one row per input, or no one type holds all outputs exactly.
    """
    leaves = [widen(np.asarray(leaf)) for leaf in tf.nest.flatten(outputs)]
    for leaf in leaves:
        if leaf.ndim == 0 or leaf.shape[0] != inputs:
            rule = f"must return one row of outputs for each of {inputs} inputs"
            raise ConfigError("model", rule, f"shape {leaf.shape}")
    return np.concatenate([each.reshape(inputs, -1) for each in unify(leaves, "model")], axis=1)


def evaluate(model: Any, test: Part | Stream) -> dict[str, float]:
    """Return the loss and the compiled metrics on the test part, with training=False.

    The model is called eagerly: `model.evaluate` would trace a graph, which takes longer than it
    saves here.
    """
    losses, sizes = [], []
    model.reset_metrics()
    result: dict[str, Any] = {}
    for x, y in batches(test):
        predicted = model(x, training=False)
        losses.append(float(model.compute_loss(x, y, predicted, training=False)))
        sizes.append(len(x))
        result = model.compute_metrics(x, y, predicted)
    metrics = {name: float(value) for name, value in result.items() if name != "loss"}
    return {"loss": float(np.average(losses, weights=sizes)), **metrics}


def _augmentation(cfg: Config, seeder: Seeder, build: int) -> Callable[[Any], Any] | None:
    if "augment" not in cfg.train.pipeline:
        return None
    seeder.enter("augment", build)
    made: Callable[[Any], Any] = instantiate_node(
        cfg.train.augment.function, "train.augment.function"
    )
    return made
