"""The facts of a composed configuration that rules use: its values, and how they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from omegaconf import DictConfig

from runner.config.grids.content import Content, write_plainly
from runner.config.model_graph import WITH_WEIGHTS
from runner.config.nodes import to_dataclass, without_hydra
from runner.config.schema import Config, Generator, SplitBy, Strategy
from runner.static.declared import Declared, find_declared


@dataclass(frozen=True)
class ConfigFacts:
    """A configuration, with answers to the questions that several rules ask about it."""

    config: Config
    """The configuration as a dataclass, with interpolations resolved."""
    written: dict[str, Any]
    """The config as plain dictionaries and lists, with interpolations as they were written."""

    @classmethod
    def of(cls, cfg: DictConfig) -> ConfigFacts:
        """Make the facts of a composed config, which must be valid."""
        bare = without_hydra(cfg)
        return cls(to_dataclass(bare), write_plainly(bare))

    @classmethod
    def of_content(cls, content: Content) -> ConfigFacts:
        """Make the facts of a valid config, of which the content is known."""
        return cls(content.typed, content.written)

    @property
    def trains(self) -> bool:
        """Whether the model is trained at all."""
        return self.config.train.trained_epochs > 0

    @property
    def trains_plainly(self) -> bool:
        """Whether training is no more than epochs of steps, of which predictions know the effect.

        Otherwise a callback, weights, a dtype policy, repeated rows or layers that learn from the
        rows first may change what it does.
        """
        train, policy = self.config.train, self.config.runtime.mixed_precision
        more = (
            train.callbacks, train.class_weight, train.loss_weights, train.epoch_steps, train.adapt
        )  # fmt: skip
        return not any(more) and policy in (None, "float32")

    @property
    def stages(self) -> list[str]:
        """The pipeline's stages in order, without a shuffle stage that is disabled."""
        config = self.config
        return [s for s in config.train.pipeline if s != "shuffle" or config.shuffle.enabled]

    def has(self, *stages: str) -> bool:
        """Return whether the pipeline has all of these stages, in this order."""
        present = [stage for stage in self.stages if stage in stages]
        return present == list(stages)

    @property
    def seeded(self) -> bool:
        """Whether the strategy seeds anything."""
        return self.config.seed.strategy is not Strategy.unset

    def seeds(self, generator: Generator) -> bool:
        """Return whether a global generator is seeded."""
        return self.seeded and generator in self.config.seed.generators

    @property
    def rows(self) -> int | None:
        """Number of rows of the training part; None where the config does not say."""
        data = self.config.data
        if data.imbalance:
            return None
        rows = data.rows
        if rows is None and data.split.rows is not None:
            counts = data.split.count_parts(data.split.rows)
            rows = None if counts is None else counts[0]
        return None if rows is None else rows - self.config.train.validation.count_held(rows)

    @property
    def draws_split(self) -> bool:
        """Whether rows are drawn if the source leaves them to be split."""
        return self.config.data.split.by is not SplitBy.time

    @property
    def resamples(self) -> bool:
        """Whether anything is drawn of the training part after the split."""
        return self.config.data.is_resampled

    @property
    def full_batch(self) -> bool:
        """Whether one batch is known to hold the whole training part."""
        return self.rows is not None and self.config.train.batch_size >= self.rows

    @property
    def batchless(self) -> bool:
        """Whether the only batch is known to be incomplete, and is dropped."""
        train = self.config.train
        larger = self.rows is not None and train.batch_size > self.rows
        return self.trains and train.drop_remainder and larger

    @cached_property
    def model(self) -> tuple[Declared, ...]:
        """All callables that the model declares with `_target_`, outermost first."""
        return tuple(find_declared(self.config.model, "model"))

    @cached_property
    def initialized(self) -> tuple[Declared, ...]:
        """The callables of the model, without those whose weights may come from a file instead."""
        given = [f"{each.key}.model" for each in self.model if each.target == WITH_WEIGHTS]
        inside = tuple(f"{key}{sign}" for key in given for sign in ".[")
        return tuple(e for e in self.model if e.key not in given and not e.key.startswith(inside))

    @cached_property
    def augmentation(self) -> Declared | None:
        """The function of the augment stage; None where there is none, or it is not used."""
        if not self.has("augment"):
            return None
        found = find_declared(self.config.train.augment.function, "train.augment.function")
        return next(found, None)

    @property
    def callables(self) -> Iterator[Declared]:
        """All callables that are declared with `_target_` and used, in the model or elsewhere."""
        yield from self.model
        yield from find_declared(self.config.data.source, "data.source")
        if self.has("augment"):
            yield from find_declared(self.config.train.augment.function, "train.augment.function")
        yield from find_declared(self.config.train.validation.source, "train.validation.source")
        for name in ("optimizer", "loss", "metrics", "weighted_metrics", "callbacks"):
            yield from find_declared(getattr(self.config.train, name), f"train.{name}")

    def draws_from_tensorflow(self) -> str | None:
        """Return the name of a stage that draws from TensorFlow's global generator, or None.

        Keras's layers, initializers and augmentations do not: they have generators of their own.
        """
        if not self.trains:
            return None
        if self.has("shuffle") and self.config.shuffle.seed is None:
            return "shuffle"
        augmentation = self.augmentation
        if augmentation and augmentation.package != "keras" and augmentation.may_be_random:
            return "augment"
        return None
