"""Why a model gives the same output for every input, or one that is not finite.

A model that does is called once more and followed from layer to layer (see call_trace): what has
the fault and was made of what has not names the layer. Imports TensorFlow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from runner.config.schema import Config
from runner.numeric.bitwise import Tolerance
from runner.record.reasons import Clause, Join, Reason, at_most, between, count
from runner.tasks.keras.call_trace import Fault, Flow, ProbeRows, is_number
from runner.tasks.keras.layer_causes import (
    EXTREME,
    Array,
    Blame,
    blame_collapse,
    blame_narrowing,
    blame_nonfinite,
    find_spread,
)

NEAR = 10.0
"""How much larger differences may be than those that reach a later layer, to be as good as them."""

CHECKED_ROWS = 1024
"""Rows of training data that are looked at together, so that little memory is needed."""

SPELLED = 2
"""Reasons that a line spells out, where each of several branches has one."""

COLLAPSE = Fault(
    name="same",
    has=ProbeRows.ignored,
    follows=lambda faulty, inputs: faulty == inputs,
    blame=blame_collapse,
)
NARROW = replace(COLLAPSE, name="narrow", blame=blame_narrowing)
NONFINITE = Fault(
    name="nonfinite",
    has=lambda _, values: not np.isfinite(values).all(),
    follows=lambda faulty, inputs: faulty > 0,
    blame=blame_nonfinite,
)


def explain_collapse(
    model: Any,
    probe: Array,
    outputs: Array,
    cfg: Config,
    targets: Array | None,
    fingerprints: dict[str, str],
    inputs: Array | None = None,
) -> Reason | None:
    """Find why a build gives the same output for every input, or one not finite.

    Args:
        model: trained, as it was called on the probe.
        probe: (input, ...)
        outputs: (call, input, unit)
        cfg: says the tolerance, the mode of a call and the epochs of training.
        targets: (row, ...) of the training part; None: not known.
        fingerprints: of the build, with `init/` and `weights/`.
        inputs: (row, ...) of the training part; None: not known.

    Returns:
        The first layer at fault, named as in fingerprints, the reason seen there and at most one
        fact about training. None when every call is finite and depends on the input beyond the
        tolerance, or when no two inputs of the probe differ.
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
        fact = _find_one_target(targets) if finite else _find_broken_rows(inputs, targets)
    return Reason([*clauses, fact] if fact else clauses)


def _find_blames(
    model: Any, rows: ProbeRows, fault: Fault, training: bool, dtype: np.dtype[Any]
) -> tuple[Blame, ...]:
    """Call the model once more; empty when the outputs are without the fault this time.

    Several outputs are judged in the one dtype that they were stacked in.
    """
    # The absolute tolerance is for outputs. It must not make one input of what is small to begin
    # with, and hide what happens later.
    fine = rows
    if is_number(rows.probe.dtype) and rows.ignored(rows.probe):
        reach = _reach(rows.probe)
        atol = rows.tolerance.atol * (reach if reach < 1 else 1)
        fine = replace(rows, tolerance=Tolerance(rows.tolerance.rtol, atol))
    flow = Flow(model, fault, fine)
    result = flow.follow(training, _judge_inputs(fault, fine, model))
    read = [(leaf, rows.read(leaf)) for leaf in tf.nest.flatten(result)]
    leaves = [(t, v.astype(dtype)) for t, v in read if v is not None and v.size]
    faulty = [(tensor, values) for tensor, values in leaves if fault.has(rows, values)]
    if not fault.follows(len(faulty), len(leaves)):
        return ()
    if not all(fault.has(fine, values) for _, values in faulty):
        return (_blame_inputs(rows.probe),)
    blames = flow.explain([tensor for tensor, _ in faulty])
    if len(blames) == 1 and blames[0].faint is not None:
        return (_find_earlier(blames[0], blames[0].faint, model, fine, training),)
    return blames


def _find_earlier(blame: Blame, faint: float, model: Any, rows: ProbeRows, training: bool) -> Blame:
    """Blame the one layer that shrank what reaches the layer of a reason, where there is one.

    Args:
        blame: why outputs are the same; its layer tells apart inputs that differ enough.
        faint: how far those differ that it got.
        model: as it was called.
        rows: the probe, with the tolerance that the reason was found under.
        training: as in Keras.
    """
    near = replace(rows.tolerance, atol=max(rows.tolerance.atol, NEAR * faint))
    wide = replace(rows, tolerance=near)
    spread = find_spread(rows.probe) if is_number(rows.probe.dtype) else np.inf
    if not NEAR * faint < spread < np.inf or _judge_inputs(NARROW, wide, model) is not None:
        return blame
    flow = Flow(model, NARROW, wide)
    read = [(leaf, wide.read(leaf)) for leaf in tf.nest.flatten(flow.follow(training, None))]
    leaves = [tensor for tensor, values in read if values is not None]
    (found, *others) = flow.explain(leaves)
    if found.earlier and not others:
        return found
    before = Clause("narrowed-before", numbers={"spread": at_most(spread)})
    return replace(blame, seen=(*blame.seen, before))


def _judge_inputs(fault: Fault, rows: ProbeRows, model: Any) -> Blame | None:
    """Why the probe has the fault already, in the precision that the model takes it in."""
    probe = rows.probe
    if probe.dtype.kind == "f":
        taken = rows.read(tf.cast(probe, model.compute_dtype))
        probe = probe if taken is None else taken
    if not is_number(probe.dtype) or not fault.has(rows, probe):
        return None
    if fault is NONFINITE:
        bad = count(int(np.count_nonzero(~np.isfinite(probe))), Join.RANGE)
        numbers = {"bad": bad, "size": count(probe.size)}
        return Blame((Clause("inputs-nonfinite", numbers=numbers),))
    if find_spread(probe) == 0:
        return Blame((Clause("inputs-same", words={"dtype": str(model.compute_dtype)}),))
    return _blame_inputs(probe)


def _blame_inputs(probe: Array) -> Blame:
    """Blame inputs that are the same within the tolerance."""
    reach = _reach(probe)
    numbers = {"reach": between(reach, reach), "apart": at_most(find_spread(probe))}
    return Blame((Clause("inputs-rounding", numbers=numbers),), scalable=True)


def _find_helping_reach(
    blames: tuple[Blame, ...], model: Any, rows: ProbeRows, training: bool
) -> float | None:
    """How far inputs reach, when the model would tell them apart if they reached 1 instead.

    None when it would not, when they reach about 1, and when another reach means nothing.
    """
    probe = rows.probe
    # Other integers than those of an image are most likely numbers of words or categories.
    if not any(each.scalable for each in blames) or not (
        probe.dtype.kind == "f" or probe.dtype == "u1"
    ):
        return None
    reach = _reach(probe)
    if reach == 0 or not np.isfinite(reach) or 1 / EXTREME < reach < EXTREME:
        return None
    kind = probe.dtype if probe.dtype.kind == "f" else np.dtype(np.float32)
    try:
        result = model((probe / reach).astype(kind), training=training)
    except (ValueError, TypeError, tf.errors.OpError):
        return None
    read = [rows.read(leaf) for leaf in tf.nest.flatten(result)]
    found = [values for values in read if values is not None]
    finite = all(np.isfinite(values).all() for values in found)
    return reach if finite and not all(rows.ignored(values) for values in found) else None


def _reach(values: Array) -> float:
    return float(np.abs(values.astype(np.float64)).max(initial=0))


def _join(blames: tuple[Blame, ...], reach: float | None) -> list[Clause]:
    """Put what several branches are blamed for in one sequence.

    Args:
        blames: of which SPELLED are spelled out.
        reach: see `_find_helping_reach`; what it says takes the place of causes.
    """
    clauses: list[Clause] = []
    for blame in blames[:SPELLED]:
        clauses += [Clause("and"), *blame.seen] if clauses else blame.seen
        if reach is None and blame.cause is not None:
            clauses.append(blame.cause)
    if len(blames) > SPELLED:
        clauses.append(Clause("more", numbers={"count": count(len(blames) - SPELLED)}))
    if reach is not None:
        clauses.append(Clause("helping-reach", numbers={"reach": between(reach, reach)}))
    return clauses


def _find_no_training(cfg: Config, fingerprints: dict[str, str]) -> Clause | None:
    """Find that nothing was trained, or that training changed nothing; None otherwise."""
    if cfg.train.epochs == 0:
        return Clause("not-trained")
    before, after = (
        {k.removeprefix(stage): v for k, v in fingerprints.items() if k.startswith(stage)}
        for stage in ("init/", "weights/")
    )
    return Clause("nothing-changed") if before and before == after else None


def _find_one_target(targets: Array) -> Clause | None:
    """Find that all rows trained on ask for the same; None where they do not."""
    if not (targets == targets[:1]).all():
        return None
    numbers = {"rows": count(len(targets))}
    if targets.size == len(targets) and targets.dtype.kind in "iu":
        return Clause("one-label", numbers={**numbers, "label": count(targets.flat[0])})
    return Clause("one-target", numbers=numbers)


def _find_broken_rows(inputs: Array | None, targets: Array) -> Clause | None:
    """Find that rows trained on hold NaN or infinities; None where they do not."""
    parts = {"inputs": inputs, "targets": targets}
    counts = {name: _count_broken(each) for name, each in parts.items() if each is not None}
    numbers = {name: count(number, Join.RANGE) for name, number in counts.items() if number}
    if not numbers:
        return None
    which = "-".join(numbers) if len(numbers) == 1 else ""
    return Clause(f"training-{which}-nonfinite" if which else "training-nonfinite", numbers=numbers)


def _count_broken(values: Array) -> int:
    if values.dtype.kind != "f":
        return 0
    starts = range(0, len(values), CHECKED_ROWS)
    return sum(int(np.sum(~np.isfinite(values[i : i + CHECKED_ROWS]))) for i in starts)
