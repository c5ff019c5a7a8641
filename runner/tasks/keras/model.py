"""Builds, compiles, seeds, perturbs and fingerprints a declared Keras model."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from runner.config.instantiate import instantiate_nest, instantiate_node
from runner.config.schema import Config
from runner.config.seeds import build_seed
from runner.data.nest import named_leaves
from runner.data.rows import Rows
from runner.errors import ConfigError
from runner.record.fingerprint import digest, stable_names
from runner.tasks.keras.keras_errors import explain_names
from runner.tasks.keras.keras_internals import find_generator_states, is_generator_state
from runner.tasks.keras.model_outputs import check_outputs
from runner.tasks.keras.models.stored_weights import finish_model
from runner.tasks.keras.unadapted import explain_missing
from runner.tasks.seeding import Seeder
from runner.text import explain_error


def make_model(cfg: Config) -> Any:
    """Construct the declared model.

    Raises:
        ConfigError: The config does not declare a keras.Model.
    """
    model = instantiate_node(cfg.model, "model")
    if not isinstance(model, keras.Model):
        rule = "must return a keras.Model"
        raise ConfigError("model", rule, type(model).__name__)
    return model


def compile_model(cfg: Config, model: Any, like: Rows) -> None:
    """Build and compile a model for rows like the given ones.

    Raises:
        ConfigError: The model does not fit the rows.
    """
    try:
        with explain_missing(model):
            if not model.built and isinstance(like.x, np.ndarray):
                model.build((None, *like.x.shape[1:]))
            if not model.built or not model.variables:
                # A subclassed model without a build method creates its weights in its first call.
                model(like.x, training=False)
    except (ValueError, TypeError, KeyError, tf.errors.OpError) as error:
        shapes = [f"{name} {each.shape[1:]}".strip() for name, each in named_leaves(like.x)]
        rule = f"does not fit inputs of shape {', '.join(shapes)}"
        raise ConfigError("model", rule, None, explain_error(error)) from error
    finish_model(model, cfg.model)
    train = cfg.train
    check_outputs(model, train, like)
    with explain_names():
        model.compile(
            optimizer=instantiate_node(train.optimizer, "train.optimizer"),
            loss=instantiate_nest(train.loss, "train.loss"),
            loss_weights=train.loss_weights,
            metrics=_make_metrics(train.metrics, "train.metrics"),
            weighted_metrics=_make_metrics(train.weighted_metrics, "train.weighted_metrics"),
            steps_per_execution=train.steps_per_execution,
            jit_compile="auto" if cfg.runtime.xla is None else cfg.runtime.xla,
        )


def _make_metrics(nodes: list[Any], key: str) -> Any:
    """Return metrics as Keras takes them: a list, or a mapping of outputs to lists."""
    made = instantiate_nest(nodes, key)
    _name_anew(made, nodes, set())
    # From an empty list Keras makes a metric that a train_step of the user's cannot read.
    if not made:
        return None
    return made[0] if len(made) == 1 and isinstance(made[0], dict) else made


def _name_anew(made: Any, nodes: Any, taken: set[str]) -> None:
    """Count the metrics that Keras named itself anew for each model.

    Keras counts those of one class over the whole process, so that a callback that watches
    `precision` would find `precision_1` in the second model.
    """
    if isinstance(made, dict):
        for name in made:
            _name_anew(made[name], nodes[name], set())  # Keras puts the output's name before
    elif isinstance(made, list | tuple):
        for each, node in zip(made, nodes, strict=True):
            _name_anew(each, node, taken)
    elif isinstance(made, keras.metrics.Metric):
        own = re.sub(r"_\d+$", "", made.name)
        if not (isinstance(node := nodes, dict) and "name" in node) and own != made.name:
            numbered = (f"{own}_{number}" for number in itertools.count(1))
            made.name = own if own not in taken else next(n for n in numbered if n not in taken)
        taken.add(made.name)


def create_state(model: Any, like: Rows) -> None:
    """Create the variables of the optimizer and the metrics ahead of training.

    Keras would create them while it traces the first step, and would then have to trace it again:
    a quarter of a second of processor time that a small run can save. They start as zeros either
    way. Nothing is created for models with several outputs or an output of no fixed shape.

    Args:
        model: The model, built and compiled.
        like: A row of the training part, whose targets give the metrics their shape.
    """
    outputs = getattr(model, "outputs", None) or []
    if len(outputs) != 1 or None in outputs[0].shape[1:] or not isinstance(like.y, np.ndarray):
        return
    model.optimizer.build(model.trainable_variables)
    zeros = keras.ops.zeros((1, *outputs[0].shape[1:]), outputs[0].dtype)
    with explain_names():
        model.compute_metrics(None, like.y[:1], zeros)
    model.reset_metrics()


def assign_dropout_seeds(model: Any, seeder: Seeder, build: int) -> None:
    """Seed each stochastic layer from the source `dropout`, if that source has a seed.

    Otherwise a layer draws its seed from Python's generator when it is constructed, so the seed of
    `init` decides its masks too.
    """
    seed = seeder.seeds.dropout
    if seed is None:
        return
    for index, state in enumerate(find_generator_states(model)):
        state.assign([build_seed(seed, build, seeder.scope, index), 0])


def perturb_weight(model: Any) -> str:
    """Change one initial weight to the next float above it in its own type, without any draw.

    The weight is the largest in magnitude of the last trainable variable with at least two axes.
    The first weight of a model would be a poor choice: it often belongs to an input that is always
    0, such as a corner of an image, so changing it changes nothing. Variables of zeros are passed
    over, because processors treat the float next to 0 as 0. If no variable is left, those with
    fewer axes are tried.

    Returns:
        The path of the variable.

    Raises:
        ConfigError: No trainable weight is a finite float other than 0.
    """
    last_first = reversed(model.trainable_variables)
    floats = [v for v in last_first if keras.backend.is_float_dtype(v.dtype)]
    for variable in sorted(floats, key=lambda v: len(v.shape) < 2):
        values = np.array(variable.numpy())
        flat = values.reshape(-1)
        magnitude = np.abs(flat.astype(np.float64))
        magnitude[~np.isfinite(magnitude)] = 0
        if magnitude.max(initial=0) > 0:
            largest = magnitude.argmax()
            flat[largest] = np.nextafter(flat[largest], np.array(np.inf, flat.dtype))
            variable.assign(values)
            return str(variable.path)
    raise ConfigError("perturb", "needs a trainable weight that is a finite float and not 0")


def perturb_random_weight(model: Any, seeder: Seeder, build: int) -> str:
    """Change one initial weight to the next float, up or down with equal chance.

    As Summers and Dinneen (2021) change one bit: of one tensor, drawn from those that are trained,
    one entry is drawn. Entries of 0 are not drawn, because processors treat the float next to 0
    as 0. The seed is that of `perturb`, or under random seeds the run's own.

    Returns:
        The path of the variable.

    Raises:
        ConfigError: No trainable weight is a finite float other than 0.
    """
    seed = seeder.seeds.value if seeder.seeds.perturb is None else seeder.seeds.perturb
    assert seed is not None  # the config was checked
    rng = np.random.default_rng(build_seed(seed, build, seeder.scope))
    found = [v for v in model.trainable_variables if keras.backend.is_float_dtype(v.dtype)]
    for variable in (found[place] for place in rng.permutation(len(found))):
        values = np.array(variable.numpy())
        flat = values.reshape(-1)
        magnitude = np.abs(flat.astype(np.float64))
        entries = np.flatnonzero(np.isfinite(magnitude) & (magnitude > 0))
        if entries.size:
            entry = rng.choice(entries)
            towards = np.array(rng.choice([-np.inf, np.inf]), flat.dtype)
            flat[entry] = np.nextafter(flat[entry], towards)
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
    """The states of a model's seed generators before any draw; they decide every dropout mask."""

    states: list[tuple[Any, npt.NDArray[np.generic]]]
    """Each generator's variable, and the value that it held at first."""

    @classmethod
    def of(cls, model: Any) -> Masks:
        """Take them down."""
        return cls([(state, np.array(state.numpy())) for state in find_generator_states(model)])

    def fingerprints(self) -> dict[str, str]:
        """Return `dropout` to the digest of the generators that have drawn since; empty if none.

        Recurrent layers have a generator even if they drop nothing; it then never draws.
        """
        used = [held for state, held in self.states if not np.array_equal(state.numpy(), held)]
        return {"dropout": digest(*used)} if used else {}
