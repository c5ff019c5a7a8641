"""Finds why a model gives the same output for every input, or outputs that are not finite.

Such a model is called once more and followed from layer to layer (see call_trace). The layer at
fault is the first whose result has the fault while its inputs have not. Imports TensorFlow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from runner.config.schema import Config
from runner.data.nest import Nest
from runner.numeric.bitwise import Array, Tolerance
from runner.record.reasons import Clause, Join, Reason, at_most, between, count
from runner.tasks.keras.causes.call_trace import Fault, Flow, ProbeRows, is_number
from runner.tasks.keras.causes.layer_causes import (
    EXTREME_RATIO,
    Blame,
    blame_collapse,
    blame_narrowing,
    blame_nonfinite,
    find_spread,
)

NEAR_RATIO = 10.0
"""Factor within which differences between inputs count as about as small as those that reach the
layer at fault."""

CHECKED_ROWS = 1024
"""Rows of training data that are checked at a time, so that little memory is needed."""

MAX_BLAMES_SHOWN = 2
"""Number of blamed layers that a reason spells out; the rest are counted."""

COLLAPSE = Fault(
    name="same",
    has=ProbeRows.ignored,
    follows=lambda faulty, inputs: faulty == inputs,
    blame=blame_collapse,
)
"""Outputs that are the same for every input."""

NARROW = replace(COLLAPSE, name="narrow", blame=blame_narrowing)
"""Tensors that differ less between inputs than a tolerance."""

NONFINITE = Fault(
    name="nonfinite",
    has=lambda _, values: not np.isfinite(values).all(),
    follows=lambda faulty, inputs: faulty > 0,
    blame=blame_nonfinite,
)
"""Outputs that hold NaN or infinities."""


def explain_collapse(
    model: Any,
    probe: Nest,
    outputs: Array,
    cfg: Config,
    targets: Array | None,
    fingerprints: dict[str, str],
    inputs: Array | None = None,
) -> Reason | None:
    """Find why a build gives the same output for every input, or outputs that are not finite.

    Args:
        model: The trained model, in the state in which it was called on the probe.
        probe: Inputs of the probe (input, ...), one array or a nest of arrays.
        outputs: Outputs on the probe, of shape (call, input, unit).
        cfg: Gives the tolerance, the mode of a call and the epochs of training.
        targets: Targets of the training part, of shape (row, ...); None if unknown.
        fingerprints: Fingerprints of the build, with the stages `init/` and `weights/`.
        inputs: Inputs of the training part, of shape (row, ...); None if unknown.

    Returns:
        The first layer at fault, named as in fingerprints, what was seen there, and at most one
        fact about training. None if every call is finite and depends on the input beyond the
        tolerance, or if no two inputs of the probe differ.
    """
    if not is_number(outputs.dtype):
        return None
    rows = ProbeRows.of(probe, Tolerance(cfg.compare.rtol, cfg.compare.atol))
    finite = bool(np.isfinite(outputs).all())
    if finite and not any(rows.ignored(call) for call in outputs):
        return None
    fault = COLLAPSE if finite else NONFINITE
    blames = _find_blames(model, rows, fault, cfg.probe.training, outputs.dtype)
    clauses = [Clause("some-calls", words={"fault": fault.name})]
    if blames:
        clauses = _join(blames, _find_helping_reach(blames, model, rows, cfg.probe.training))
    fact = _find_no_training(cfg, fingerprints)
    if fact is None and targets is not None:
        fact = _find_one_target(targets) if finite else _find_nonfinite_rows(inputs, targets)
    return Reason([*clauses, fact] if fact else clauses)


def _find_blames(
    model: Any, rows: ProbeRows, fault: Fault, training: bool | None, dtype: np.dtype[Any]
) -> tuple[Blame, ...]:
    """Call the model once more, and return the layers at fault.

    Args:
        model: The trained model.
        rows: The probe, with the tolerance for outputs.
        fault: The fault of the recorded outputs.
        training: The Keras argument of the same name.
        dtype: The type of the recorded outputs, in which all outputs of the model are judged.

    Returns:
        At least one blame; empty if the outputs do not have the fault this time.
    """
    # The absolute tolerance is for outputs. Applied to small inputs, it would take all of them for
    # the same, and hide what happens later.
    fine, numbers = rows, rows.numbers
    if numbers is not None and rows.ignored(numbers):
        reach = _reach(numbers)
        atol = rows.tolerance.atol * (reach if reach < 1 else 1)
        fine = replace(rows, tolerance=Tolerance(rows.tolerance.rtol, atol))
    flow = Flow(model, fault, fine)
    result = flow.follow(training, _judge_inputs(fault, fine, model))
    read = [(leaf, rows.read(leaf)) for leaf in tf.nest.flatten(result)]
    leaves = [(t, v.astype(dtype)) for t, v in read if v is not None and v.size]
    faulty = [(tensor, values) for tensor, values in leaves if fault.has(rows, values)]
    if not fault.follows(len(faulty), len(leaves)):
        return ()
    if numbers is not None and not all(fault.has(fine, values) for _, values in faulty):
        return (_blame_inputs(numbers),)
    blames = flow.explain([tensor for tensor, _ in faulty])
    if len(blames) == 1 and blames[0].input_spread is not None:
        return (_find_shrinking_layer(blames[0], blames[0].input_spread, model, fine, training),)
    return blames


def _find_shrinking_layer(
    blame: Blame, input_spread: float, model: Any, rows: ProbeRows, training: bool | None
) -> Blame:
    """Find the one layer that shrank the differences before they reach the blamed layer.

    Args:
        blame: Why outputs are the same; its layer would tell apart inputs that differ by 1.
        input_spread: The largest difference between the inputs of that layer.
        model: The model in the state in which it was called.
        rows: The probe, with the tolerance that the blame was found under.
        training: The Keras argument of the same name.

    Returns:
        The blame of the layer that shrank them. If no single layer did, `blame`, with the spread
        of the probe added where that is known.
    """
    near = replace(rows.tolerance, atol=max(rows.tolerance.atol, NEAR_RATIO * input_spread))
    wide = replace(rows, tolerance=near)
    spread = find_spread(rows.numbers) if rows.numbers is not None else np.inf
    if (
        not NEAR_RATIO * input_spread < spread < np.inf
        or _judge_inputs(NARROW, wide, model) is not None
    ):
        return blame
    flow = Flow(model, NARROW, wide)
    read = [(leaf, wide.read(leaf)) for leaf in tf.nest.flatten(flow.follow(training, None))]
    leaves = [tensor for tensor, values in read if values is not None]
    (first, *others) = flow.explain(leaves)
    if first.shrinks_differences and not others:
        return first
    before = Clause("narrowed-before", numbers={"spread": at_most(spread)})
    return replace(blame, seen=(*blame.seen, before))


def _judge_inputs(fault: Fault, rows: ProbeRows, model: Any) -> Blame | None:
    """Blame the probe if it has the fault in the precision that the model uses; None otherwise."""
    probe = rows.numbers
    if probe is not None and probe.dtype.kind == "f":
        taken = rows.read(tf.cast(probe, model.compute_dtype))
        probe = probe if taken is None else taken
    if probe is None or not fault.has(rows, probe):
        return None
    if fault is NONFINITE:
        bad = count(int(np.count_nonzero(~np.isfinite(probe))), Join.RANGE)
        numbers = {"bad": bad, "size": count(probe.size)}
        return Blame((Clause("inputs-nonfinite", numbers=numbers),))
    if find_spread(probe) == 0:
        return Blame((Clause("inputs-same", words={"dtype": str(model.compute_dtype)}),))
    return _blame_inputs(probe)


def _blame_inputs(probe: Array) -> Blame:
    """Blame a probe whose inputs are the same within the tolerance."""
    reach = _reach(probe)
    numbers = {"reach": between(reach, reach), "apart": at_most(find_spread(probe))}
    return Blame((Clause("inputs-rounding", numbers=numbers),), scalable=True)


def _find_helping_reach(
    blames: tuple[Blame, ...], model: Any, rows: ProbeRows, training: bool | None
) -> float | None:
    """Return the largest magnitude of the inputs, if scaling it to 1 would remove the fault.

    None if it would not, if the magnitude is about 1 already, or if scaling is meaningless, as for
    category numbers.
    """
    probe = rows.numbers
    # Integers other than those of an image most likely stand for words or categories.
    if probe is None or not any(each.scalable for each in blames):
        return None
    if probe.dtype.kind != "f" and probe.dtype != "u1":
        return None
    reach = _reach(probe)
    if reach == 0 or not np.isfinite(reach) or 1 / EXTREME_RATIO < reach < EXTREME_RATIO:
        return None
    kind = probe.dtype if probe.dtype.kind == "f" else np.dtype(np.float32)
    try:
        result = model((probe / reach).astype(kind), training=training)
    except (ValueError, TypeError, tf.errors.OpError):
        return None
    read = [rows.read(leaf) for leaf in tf.nest.flatten(result)]
    outputs = [values for values in read if values is not None]
    finite = all(np.isfinite(values).all() for values in outputs)
    return reach if finite and not all(rows.ignored(values) for values in outputs) else None


def _reach(values: Array) -> float:
    """Return the largest magnitude in an array, 0 if it is empty."""
    return float(np.abs(values.astype(np.float64)).max(initial=0))


def _join(blames: tuple[Blame, ...], reach: float | None) -> list[Clause]:
    """Join the blames of several branches into one sequence of clauses.

    Args:
        blames: The blames, of which MAX_BLAMES_SHOWN are spelled out.
        reach: The result of `_find_helping_reach`; unless None, it is given in place of causes.
    """
    clauses: list[Clause] = []
    for blame in blames[:MAX_BLAMES_SHOWN]:
        clauses += [Clause("and"), *blame.seen] if clauses else blame.seen
        if reach is None and blame.cause is not None:
            clauses.append(blame.cause)
    if len(blames) > MAX_BLAMES_SHOWN:
        clauses.append(Clause("more", numbers={"count": count(len(blames) - MAX_BLAMES_SHOWN)}))
    if reach is not None:
        clauses.append(Clause("helping-reach", numbers={"reach": between(reach, reach)}))
    return clauses


def _find_no_training(cfg: Config, fingerprints: dict[str, str]) -> Clause | None:
    """Return why training had no effect, or None if it had one."""
    if cfg.train.trained_epochs == 0:
        return Clause("not-trained")
    before, after = (
        {k.removeprefix(stage): v for k, v in fingerprints.items() if k.startswith(stage)}
        for stage in ("init/", "weights/")
    )
    return Clause("nothing-changed") if before and before == after else None


def _find_one_target(targets: Array) -> Clause | None:
    """Return that all rows trained on have the same target, or None if they do not."""
    if not (targets == targets[:1]).all():
        return None
    numbers = {"rows": count(len(targets))}
    if targets.size == len(targets) and targets.dtype.kind in "iu":
        return Clause("one-label", numbers={**numbers, "label": count(targets.flat[0])})
    return Clause("one-target", numbers=numbers)


def _find_nonfinite_rows(inputs: Array | None, targets: Array) -> Clause | None:
    """Return that the training part holds NaN or infinities, or None if it does not."""
    parts = {"inputs": inputs, "targets": targets}
    counts = {
        name: _count_nonfinite_values(each) for name, each in parts.items() if each is not None
    }
    numbers = {name: count(number, Join.RANGE) for name, number in counts.items() if number}
    if not numbers:
        return None
    which = "-".join(numbers) if len(numbers) == 1 else ""
    return Clause(f"training-{which}-nonfinite" if which else "training-nonfinite", numbers=numbers)


def _count_nonfinite_values(values: Array) -> int:
    if values.dtype.kind != "f":
        return 0
    starts = range(0, len(values), CHECKED_ROWS)
    return sum(int(np.sum(~np.isfinite(values[i : i + CHECKED_ROWS]))) for i in starts)
