"""Loads the parts of a run from its data source. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.config.instantiate import instantiate_node
from runner.config.schema import Config, Feed, Held
from runner.config.seeds import Seeds, derive_held
from runner.data.left_out import describe_left_out
from runner.data.nest import Nest
from runner.data.part_facts import describe_parts, describe_validation
from runner.data.parting.partition import SplitRule, partition
from runner.data.parting.resample import resample
from runner.data.parting.split import hold_out_last, split_rows
from runner.data.row_set import describe_row_set
from runner.data.rows import Rows, is_rows, is_two_parts
from runner.data.stream import Stream, digest_chunks
from runner.data.streamed.keras_sequence import stream_rows
from runner.data.unequal_rows import Fills, fill_up
from runner.errors import ConfigError
from runner.numeric.bitwise import Array
from runner.record.fingerprint import digest
from runner.record.reasons import Clause
from runner.tasks.keras.feed.order_recorder import OrderRecorder
from runner.tasks.keras.feed.row_source import (
    call_source,
    check_class_weight,
    check_streamed,
    check_targets,
    check_unsplit,
    name_loss,
    resample_rule,
    split_rule,
)

EVALUATED_ROWS = 1024
"""Rows per forward pass outside of training, so that memory stays bounded."""


DISTANCES = frozenset(
    {
        *("mse", "meansquarederror", "mae", "meanabsoluteerror", "huber", "logcosh", "poisson"),
        *("mape", "meanabsolutepercentageerror", "msle", "meansquaredlogarithmicerror"),
    }
)
"""Names of Keras's losses for quantities, without case and underscores."""


@dataclass(frozen=True)
class Data:
    """The parts of a run's rows, and the fingerprints of data and split."""

    train: Rows | Stream
    test: Rows | Stream
    validation: Rows | Stream | None = None
    """The rows on which training is validated; None: it is not."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    facts: list[Clause] = field(default_factory=list)
    """Facts about the rows as the source returned them."""

    @property
    def like(self) -> Rows:
        """Return the first row of the training part."""
        return _first(self.train, 1)

    @property
    def inputs(self) -> Array | None:
        """Return the inputs (row, ...) of the training part; None if rows stream or are nests."""
        return _single(self.train, "x")

    @property
    def targets(self) -> Array | None:
        """Return the targets (row, ...) of the training part; None if rows stream or are nests."""
        return _single(self.train, "y")

    def probe(self, rows: int) -> Rows:
        """Return the first rows of the test part, at most `rows`; of a stream those it kept."""
        return _first(self.test, rows)

    def find_changes(self, recorder: OrderRecorder) -> dict[str, str]:
        """Return stage to digest of each pass that gave other rows than the pass before training.

        Arrays never change, so they give no stage.
        """
        if not isinstance(self.train, Stream):
            return {}
        return self.train.find_changes(recorder.reading)


def load_data(cfg: Config, seeds: Seeds) -> Data:
    """Call the data source, split its rows, hold out those for validation, and resample the rest.

    The fingerprint `data` is taken over all rows in the order of the source. Rows that stream are
    digested in another way, so the same rows as arrays have a different fingerprint.

    Raises:
        ConfigError: The source returned something else, or data that cannot be trained on.
    """
    # In this order, so that no row for validation is a copy of a training row, or mislabelled.
    data = _hold_out(_load_parts(cfg, seeds), cfg, seeds)
    train = data.train
    check_class_weight(cfg.train, train.spec if isinstance(train, Stream) else train.parts)
    if isinstance(data.train, Stream):
        return data
    train, drawn = resample(resample_rule(cfg, seeds), data.train)
    return replace(data, train=train, fingerprints=data.fingerprints | drawn)


def _load_parts(cfg: Config, seeds: Seeds) -> Data:
    loaded, groups = call_source(cfg)
    loaded = fill_up(loaded, Fills(cfg.data.pad.inputs, cfg.data.pad.targets))
    if is_two_parts(loaded):
        check_unsplit(cfg.data.split)
        train, test = (Rows.check(each) for each in loaded)
        check_targets(cfg, train.y, test.y)
        fingerprint, facts = _digest(train, test), describe_row_set(train.arrays, test.arrays)
        return Data(train, test, None, {"data": fingerprint}, facts)
    if is_rows(loaded):
        return _split(cfg, seeds, Rows.check(loaded), groups)
    check_unsplit(cfg.data.split)
    several = isinstance(loaded, tuple | list) and len(loaded) == 2
    pair = [_stream(each) for each in loaded] if several else []
    if pair and all(isinstance(each, tf.data.Dataset) for each in pair):
        check_streamed(cfg.data)
        streams = Stream.read(pair[0], keep=1), Stream.read(pair[1], keep=cfg.probe.inputs)
        if streams[0].count < 2:
            raise ConfigError("data.source", "must give two rows or more to train on", 1)
        # Digested apart: a row that moves from the end of one part to the other must show.
        digests = [digest_chunks(each.chunks) for each in streams]
        return Data(*streams, fingerprints={"data": digest_chunks(digests)})
    if isinstance(loaded, tf.data.Dataset | keras.utils.PyDataset):
        rule = "must return two tf.data.Datasets, as rows that stream are not split"
        raise ConfigError("data.source", rule, "one", "Return (training, test)")
    rule = "must return (x, y), or a training and a test part, each (x, y) or a tf.data.Dataset"
    raise ConfigError("data.source", rule, type(loaded).__name__)


def _stream(part: Any) -> Any:
    """Return a PyDataset as a dataset of rows, and anything else as it is."""
    return stream_rows(part) if isinstance(part, keras.utils.PyDataset) else part


def _split(cfg: Config, seeds: Seeds, rows: Rows, groups: Array | None) -> Data:
    """Return the parts of one table; `groups` (row,) decides where rows are split by groups."""
    order, held = partition(split_rule(cfg, seeds), rows.count, rows.y, groups)
    train, test = split_rows(rows, order, held)
    check_targets(cfg, train.y, test.y)
    further = [] if groups is None else [groups]
    fingerprints = {"data": _digest(rows, *further), "split": digest(order)}
    facts = describe_row_set([*rows.arrays, *further])
    return Data(train, test, None, fingerprints, facts)


def _hold_out(data: Data, cfg: Config, seeds: Seeds) -> Data:
    """Return the data with the part for validation that the config asks for."""
    asked = cfg.train.validation
    if asked.part is Held.none:
        return data
    if asked.part is Held.test:
        return replace(data, validation=data.test)
    if asked.part is Held.source:
        rows, digested = _load_validation(cfg)
        return replace(
            data, validation=rows, fingerprints=data.fingerprints | {"data/validation": digested}
        )
    train = data.train
    if isinstance(train, Stream):
        rule = "needs rows in memory, as rows that stream are not split"
        raise ConfigError("train.validation.part", rule, asked.part.name, "Use source or test")
    if train.count < 3:
        rule = "needs three rows or more to train on"
        raise ConfigError("train.validation.part", rule, train.count)
    count = asked.count_held(train.count)
    if asked.part is Held.last:
        train, held = hold_out_last(train, count)
        return replace(data, train=train, validation=held)
    seed = derive_held(seeds.split) if seeds.split is not None else asked.seed
    by_chance = SplitRule("random", asked.count_held, None, 0, seed)
    order, count = partition(by_chance, train.count)
    train, held = split_rows(train, order, count)
    found = data.fingerprints | {"split/validation": digest(order)}
    return replace(data, train=train, validation=held, fingerprints=found)


def _load_validation(cfg: Config) -> tuple[Rows | Stream, str]:
    """Return the rows of the validation's own source, and their digest."""
    key = "train.validation.source"
    fills = Fills(cfg.data.pad.inputs, cfg.data.pad.targets)
    loaded = fill_up(instantiate_node(cfg.train.validation.source, key), fills)
    if is_rows(loaded) and not is_two_parts(loaded):
        rows = Rows.check(loaded, key)
        return rows, _digest(rows)
    if isinstance(loaded, tf.data.Dataset):
        stream = Stream.read(loaded, keep=1, key=key)
        return stream, digest_chunks(stream.chunks)
    rule = "must return (x, y) or a tf.data.Dataset"
    raise ConfigError(key, rule, type(loaded).__name__)


def describe_data(cfg: Config, data: Data) -> list[Clause]:
    """Return the facts about the rows of a run; few where rows stream or are nests."""
    general = [*data.facts, *describe_left_out(cfg.data.source)]
    parts = [(_single(each, "x"), _single(each, "y")) for each in (data.train, data.test)]
    if any(array is None for part in parts for array in part):
        return general
    # A buffer of one row changes no order, and where nothing is trained there is none.
    stages = cfg.train.pipeline if cfg.train.feed is Feed.pipeline else ["shuffle"]
    shuffled = cfg.shuffle.enabled and "shuffle" in stages and cfg.shuffle.buffer != 1
    batches_taken = -(-data.train.count // cfg.train.batch_size) if cfg.train.trained_epochs else 0
    in_order = batches_taken > 1 and not shuffled
    train, test = ((x, y) for x, y in parts if x is not None and y is not None)
    distances = name_loss(cfg.train.loss) in DISTANCES
    facts = [*general, *describe_parts(train, test, in_order, distances)]
    held = None if data.validation is data.test else _single(data.validation, "y")
    return facts if held is None else facts + describe_validation(train[1], held, distances)


def batches(part: Rows | Stream) -> Iterator[Rows]:
    """Yield the rows of a part in batches of EVALUATED_ROWS."""
    yield from part.batches(EVALUATED_ROWS)


def _first(part: Rows | Stream, rows: int) -> Rows:
    head = part.head if isinstance(part, Stream) else part
    return head.take(slice(rows))


def _single(part: Rows | Stream | None, name: str) -> Array | None:
    nest: Nest = getattr(part, name) if isinstance(part, Rows) else None
    return nest if isinstance(nest, np.ndarray) else None


def _digest(*parts: Rows | Array) -> str:
    """Return the digest of all arrays of some parts, and of their names where they have any."""
    arrays: list[Any] = []
    names: list[Any] = []
    for each in parts:
        arrays += each.arrays if isinstance(each, Rows) else [each]
        names += [np.array(each.names)] if isinstance(each, Rows) and each.names else []
    return digest(*arrays, *names)
