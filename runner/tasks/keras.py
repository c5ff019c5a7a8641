"""Train a declared Keras model and call it: the measuring part of a run. Imports TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from runner.data import Part
from runner.errors import ConfigError
from runner.fingerprint import digest, row_ids, stable_names
from runner.jobs import one_line
from runner.pipeline import OrderRecorder, build_pipeline
from runner.record import RunArrays
from runner.schema import Config, Device, Perturb, Trace
from runner.seeds import Seeds, build_seed
from runner.streams import Stream, explain_reading
from runner.targets import make
from runner.tasks.arrays import unify
from runner.tasks.collapse import explain_collapse
from runner.tasks.loading import Data, batches, load_data
from runner.tasks.measured import Measured
from runner.tasks.seeding import Seeder
from runner.trace import StepRecorder

GENERATOR_STATE = "seed_generator_state"
"""Keras's name of the variable that a stochastic layer keeps its seed and counter in."""


def train_and_call(cfg: Config, seeds: Seeds) -> Measured:
    """Build and train the model `cfg.builds` times, and call each `cfg.calls` times.

    Raises:
        ConfigError: what only running could tell, such as a model that does not fit the data.
    """
    apply_runtime(cfg)
    seeder = Seeder(seeds, cfg.seed.scope, tuple(cfg.seed.generators))
    seeder.start()
    seeder.enter("data")
    data = load_data(cfg, seeds)
    # Again: a loader that reseeds NumPy's global generator must not undo the strategy.
    seeder.start()
    builds = [_build(cfg, data, seeder, build) for build in range(cfg.builds)]
    probe, labels = data.probe(cfg.probe.inputs)
    outputs = np.stack([each.outputs for each in builds])
    return Measured(
        RunArrays(outputs, row_ids(np.asarray(probe)), class_labels(labels)),
        [each.metrics for each in builds],
        [each.fingerprints for each in builds],
        digest(outputs),
        [each.collapse for each in builds],
    )


@dataclass(frozen=True)
class _Build:
    outputs: npt.NDArray[np.generic]
    """(call, input, unit)"""
    metrics: dict[str, float]
    fingerprints: dict[str, str]
    collapse: str | None


def _build(cfg: Config, data: Data, seeder: Seeder, build: int) -> _Build:
    seeder.start(build)
    seeder.enter("init", build)
    model = build_model(cfg, data.like[0])
    assign_dropout_seeds(model, seeder, build)
    if cfg.perturb is Perturb.one_ulp:
        perturb_weight(model)
    before = data.fingerprints | fingerprint_weights("init", model)
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
        with explained(cfg, data):
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
    # Last, as it may call the model once more.
    collapse = explain_collapse(model, probe, outputs, cfg, data.targets, fingerprints, data.inputs)
    return _Build(outputs, metrics, fingerprints, collapse)


def _call(
    cfg: Config, model: Any, probe: npt.NDArray[np.generic], seeder: Seeder
) -> npt.NDArray[np.generic]:
    """(input, unit): the outputs on the probe."""
    seeder.call()
    return flatten_units(model(probe, training=cfg.probe.training), len(probe))


def apply_runtime(cfg: Config) -> None:
    """Set what TensorFlow takes before its first operation; null leaves its default."""
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
            # Several runs share a GPU; on demand none takes it all.
            tf.config.experimental.set_memory_growth(gpu, True)
    if runtime.op_determinism:
        tf.config.experimental.enable_op_determinism()


@contextmanager
def explained(cfg: Config, data: Data) -> Iterator[None]:
    """Make one line of what goes wrong with rows that stream while they are on their way.

    Raises:
        ConfigError: rows cannot be read, or a stage of the input pipeline raised an error.
    """
    try:
        yield
    except tf.errors.OpError as error:
        if not isinstance(data.train, Stream) or "IteratorGetNext" not in str(error):
            raise
        augmented = "augment" in cfg.train.pipeline
        key = "train.pipeline" if augmented else "data.source"
        rule = f"its rows cannot be read{' or augmented' if augmented else ''}"
        raise ConfigError(key, f"{rule}: {explain_reading(error)}") from error


def build_model(cfg: Config, x: npt.NDArray[np.generic]) -> Any:
    """Construct, build and compile the declared model for inputs like x (row, ...)."""
    model = make(cfg.model, "model")
    if not isinstance(model, keras.Model):
        rule = "must return a keras.Model"
        raise ConfigError("model", rule, type(model).__name__)
    try:
        if not model.built:
            model.build((None, *x.shape[1:]))
        if not model.variables:
            # A model that only says what it does when called has its weights after the first call.
            model(x[:1], training=False)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        rule = f"does not fit inputs of shape {x.shape[1:]}"
        # Keras puts what is wrong in bold, between where it was noticed and with which arguments.
        bold = re.search(r"\x1b\[1m(.*?)\x1b\[0m", str(error), re.DOTALL)
        said = one_line(bold.group(1) if bold else str(error))
        raise ConfigError("model", rule, None, said) from error
    train = cfg.train
    model.compile(
        optimizer=make(train.optimizer, "train.optimizer"),
        loss=make(train.loss, "train.loss"),
        metrics=[make(each, f"train.metrics[{i}]") for i, each in enumerate(train.metrics)],
        steps_per_execution=train.steps_per_execution,
        jit_compile="auto" if cfg.runtime.xla is None else cfg.runtime.xla,
    )
    return model


def create_state(model: Any, y: npt.NDArray[np.generic]) -> None:
    """Create the variables of the optimizer and the metrics before training would.

    Keras creates them while it traces the first step, and then has to trace it again: a quarter
    of a second of the processor that a small run can save. They hold zeros either way. Models
    whose output has no fixed shape are left to Keras.

    Args:
        model: built and compiled.
        y: (row, ...) targets; the first one gives the metrics their shape.
    """
    outputs = getattr(model, "outputs", None) or []
    if len(outputs) != 1 or None in outputs[0].shape[1:]:
        return
    model.optimizer.build(model.trainable_variables)
    zeros = keras.ops.zeros((1, *outputs[0].shape[1:]), outputs[0].dtype)
    model.compute_metrics(None, y[:1], zeros)
    model.reset_metrics()


def assign_dropout_seeds(model: Any, seeder: Seeder, build: int) -> None:
    """Give each stochastic layer its own stream of the source `dropout`.

    Left alone they draw a seed from Python's generator when constructed, so that the seed of
    `init` would reach the masks too.
    """
    seed = seeder.seeds.dropout
    if seed is None:
        return
    for index, state in enumerate(_generator_states(model)):
        state.assign([build_seed(seed, build, seeder.scope, index), 0])


def perturb_weight(model: Any) -> str:
    """Change one initial weight to the next float above it, of its own type; draw nothing.

    It is the largest in magnitude of the last trainable variable with two axes or more: the first
    weight of a model often belongs to an input that is always 0, such as a corner of an image, and
    changing it would change nothing. A variable of zeros is passed over, as processors take the
    float next to 0 for 0; where none is left, variables with one axis are taken.

    Returns:
        The variable's path.

    Raises:
        ConfigError: there is no such weight.
    """
    last_first = reversed(model.trainable_variables)
    floats = [v for v in last_first if keras.backend.is_float_dtype(v.dtype)]
    for variable in sorted(floats, key=lambda v: len(v.shape) < 2):
        values = np.array(variable.numpy())
        flat = values.reshape(-1)
        magnitude = np.abs(flat.astype(np.float64))
        magnitude[~np.isfinite(magnitude)] = 0
        if magnitude.max(initial=0) > 0:
            place = magnitude.argmax()
            flat[place] = np.nextafter(flat[place], np.array(np.inf, flat.dtype))
            variable.assign(values)
            return str(variable.path)
    raise ConfigError("perturb", "needs a trainable weight that is a finite float and not 0")


def fingerprint_weights(stage: str, model: Any) -> dict[str, str]:
    """`stage/variable` to digest, for each weight in the model's order."""
    weights = [v for v in model.variables if v.name != GENERATOR_STATE]
    names = stable_names([v.path for v in weights], model.name)
    return {f"{stage}/{name}": digest(v.numpy()) for name, v in zip(names, weights, strict=True)}


@dataclass(frozen=True)
class Masks:
    """The states of a model's generators before anything is drawn: they decide every mask."""

    states: list[tuple[Any, npt.NDArray[np.generic]]]
    """Each variable, and what it held."""

    @classmethod
    def of(cls, model: Any) -> Masks:
        """Take them down."""
        return cls([(state, np.array(state.numpy())) for state in _generator_states(model)])

    def fingerprints(self) -> dict[str, str]:
        """`dropout` to digest, of those from which something has been drawn since.

        Recurrent layers have a generator also where they drop nothing; it then drives nothing.
        """
        used = [held for state, held in self.states if not np.array_equal(state.numpy(), held)]
        return {"dropout": digest(*used)} if used else {}


def flatten_units(outputs: Any, inputs: int) -> npt.NDArray[np.generic]:
    """(input, unit) for what a model returned: one tensor, or several, of (input, ...)."""
    leaves = [np.asarray(_exact(leaf)) for leaf in tf.nest.flatten(outputs)]
    for leaf in leaves:
        if leaf.ndim == 0 or leaf.shape[0] != inputs:
            rule = f"must return one row of outputs for each of {inputs} inputs"
            raise ConfigError("model", rule, f"shape {leaf.shape}")
    return np.concatenate([each.reshape(inputs, -1) for each in unify(leaves, "model")], axis=1)


def evaluate(model: Any, test: Part | Stream) -> dict[str, float]:
    """Loss and compiled metrics on the test part, with training=False.

    Eager calls: `model.evaluate` traces a graph, which takes longer than it saves here.
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


def class_labels(targets: npt.NDArray[np.generic]) -> npt.NDArray[np.generic] | None:
    """(row,) for targets that are whole numbers, one a row; None for others."""
    flat = targets.reshape(len(targets), -1)
    return flat[:, 0] if flat.shape[1] == 1 and flat.dtype.kind in "iu" else None


def _generator_states(model: Any) -> list[Any]:
    return [v for v in model.variables if v.name == GENERATOR_STATE]


def _augmentation(cfg: Config, seeder: Seeder, build: int) -> Callable[[Any], Any] | None:
    if "augment" not in cfg.train.pipeline:
        return None
    seeder.enter("augment", build)
    made: Callable[[Any], Any] = make(cfg.train.augment.function, "train.augment.function")
    return made


def _exact(leaf: Any) -> Any:
    """NumPy has no bfloat16 of its own; float32 holds each of its values exactly."""
    return tf.cast(leaf, tf.float32) if leaf.dtype == tf.bfloat16 else leaf
