"""A declared Keras model: built, compiled, seeded, perturbed and fingerprinted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from runner.config.instantiate import instantiate_node
from runner.config.schema import Config
from runner.config.seeds import build_seed
from runner.errors import ConfigError
from runner.record.fingerprint import digest, stable_names
from runner.tasks.keras.keras_internals import find_generator_states, is_generator_state
from runner.tasks.seeding import Seeder
from runner.text import one_line


def build_model(cfg: Config, x: npt.NDArray[np.generic]) -> Any:
    """Construct, build and compile the declared model for inputs like x (row, ...)."""
    model = instantiate_node(cfg.model, "model")
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
        optimizer=instantiate_node(train.optimizer, "train.optimizer"),
        loss=instantiate_node(train.loss, "train.loss"),
        metrics=[
            instantiate_node(each, f"train.metrics[{i}]") for i, each in enumerate(train.metrics)
        ],
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
    for index, state in enumerate(find_generator_states(model)):
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
    weights = [v for v in model.variables if not is_generator_state(v)]
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
        return cls([(state, np.array(state.numpy())) for state in find_generator_states(model)])

    def fingerprints(self) -> dict[str, str]:
        """`dropout` to digest, of those from which something has been drawn since.

        Recurrent layers have a generator also where they drop nothing; it then drives nothing.
        """
        used = [held for state, held in self.states if not np.array_equal(state.numpy(), held)]
        return {"dropout": digest(*used)} if used else {}
