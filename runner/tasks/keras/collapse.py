"""Why a model gives the same output for every input, or one that is not finite.

A model that does is called once more and followed from layer to layer, see runner.tasks.flow: what
has the fault and was made of what has not names the layer. Imports TensorFlow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from runner.config.schema import Config
from runner.numeric.bitwise import Tolerance
from runner.tasks.keras.call_trace import Fault, Flow, ProbeRows, is_number
from runner.tasks.keras.layer_causes import (
    EXTREME,
    Array,
    Reason,
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
    says="the same for every input",
    has=ProbeRows.ignored,
    follows=lambda faulty, inputs: faulty == inputs,
    blame=blame_collapse,
)
NARROW = replace(COLLAPSE, says="nearly the same for every input", blame=blame_narrowing)
NONFINITE = Fault(
    says="NaN or infinite",
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
) -> str | None:
    """Say in one line why a build gives the same output for every input, or one not finite.

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
    reasons = _find_reasons(model, rows, fault, cfg.probe.training, outputs.dtype)
    said = f"some calls only: one more had outputs that are not {fault.says}"
    if reasons:
        said = _join(reasons, _find_helping_reach(reasons, model, rows, cfg.probe.training))
    fact = _describe_training(cfg, fingerprints)
    if fact is None and targets is not None:
        fact = _describe_targets(targets) if finite else _describe_broken(inputs, targets)
    return f"{said}; {fact}" if fact else said


def _find_reasons(
    model: Any, rows: ProbeRows, fault: Fault, training: bool, dtype: np.dtype[Any]
) -> tuple[Reason, ...]:
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
    reasons = flow.explain([tensor for tensor, _ in faulty], "what the model returns")
    if len(reasons) == 1 and reasons[0].faint is not None:
        return (_find_earlier(reasons[0], reasons[0].faint, model, fine, training),)
    return reasons


def _find_earlier(
    reason: Reason, faint: float, model: Any, rows: ProbeRows, training: bool
) -> Reason:
    """Blame the one layer that shrank what reaches the layer of a reason, where there is one.

    Args:
        reason: why outputs are the same; its layer tells apart inputs that differ enough.
        faint: how far those differ that it got.
        model: as it was called.
        rows: the probe, with the tolerance that the reason was found under.
        training: as in Keras.
    """
    near = replace(rows.tolerance, atol=max(rows.tolerance.atol, NEAR * faint))
    wide = replace(rows, tolerance=near)
    spread = find_spread(rows.probe) if is_number(rows.probe.dtype) else np.inf
    if not NEAR * faint < spread < np.inf or _judge_inputs(NARROW, wide, model) is not None:
        return reason
    flow = Flow(model, NARROW, wide)
    read = [(leaf, wide.read(leaf)) for leaf in tf.nest.flatten(flow.follow(training, None))]
    leaves = [tensor for tensor, values in read if values is not None]
    (found, *others) = flow.explain(leaves, "")
    if found.earlier and not others:
        return found
    return replace(reason, text=f"{reason.text}, those of the model by at most {spread:.3g}")


def _judge_inputs(fault: Fault, rows: ProbeRows, model: Any) -> Reason | None:
    """Why the probe has the fault already, in the precision that the model takes it in."""
    probe = rows.probe
    if probe.dtype.kind == "f":
        taken = rows.read(tf.cast(probe, model.compute_dtype))
        probe = probe if taken is None else taken
    if not is_number(probe.dtype) or not fault.has(rows, probe):
        return None
    if fault is NONFINITE:
        bad = np.count_nonzero(~np.isfinite(probe))
        return Reason(f"the inputs: {bad} of {probe.size} values are NaN or infinite")
    if find_spread(probe) == 0:
        return Reason(f"the inputs: as {model.compute_dtype} they are all the same")
    return _blame_inputs(probe)


def _blame_inputs(probe: Array) -> Reason:
    """Of inputs that are the same within the tolerance."""
    text = f"they reach {_reach(probe):.3g} and differ by at most {find_spread(probe):.3g}"
    return Reason(f"the inputs: {text}, which counts as rounding", scalable=True)


def _find_helping_reach(
    reasons: tuple[Reason, ...], model: Any, rows: ProbeRows, training: bool
) -> float | None:
    """How far inputs reach, when the model would tell them apart if they reached 1 instead.

    None when it would not, when they reach about 1, and when another reach means nothing.
    """
    probe = rows.probe
    # Other integers than those of an image are most likely numbers of words or categories.
    if not any(r.scalable for r in reasons) or not (probe.dtype.kind == "f" or probe.dtype == "u1"):
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


def _join(reasons: tuple[Reason, ...], reach: float | None) -> str:
    spelled = [r.text + (r.cause if reach is None else "") for r in reasons[:SPELLED]]
    further = len(reasons) - SPELLED
    said = " and ".join(spelled) + (f" and {further} more" if further > 0 else "")
    if reach is None:
        return said
    return f"{said}; inputs that reached 1 instead of {reach:.3g} would give outputs that differ"


def _describe_training(cfg: Config, fingerprints: dict[str, str]) -> str | None:
    """That there was none, or none that counts; None otherwise."""
    if cfg.train.epochs == 0:
        return "it was not trained (train.epochs=0)"
    before, after = (
        {k.removeprefix(stage): v for k, v in fingerprints.items() if k.startswith(stage)}
        for stage in ("init/", "weights/")
    )
    if before and before == after:
        return "training changed no weight"
    return None


def _describe_targets(targets: Array) -> str | None:
    """That all rows trained on ask for the same; None where they do not."""
    if not (targets == targets[:1]).all():
        return None
    if targets.size == len(targets) and targets.dtype.kind in "iu":
        return f"all {len(targets)} training labels are {targets.flat[0]}"
    return f"all {len(targets)} training targets are the same"


def _describe_broken(inputs: Array | None, targets: Array) -> str | None:
    """That rows trained on hold NaN or infinities; None where they do not."""
    parts = {"inputs": inputs, "targets": targets}
    counts = {name: _count_broken(each) for name, each in parts.items() if each is not None}
    said = [f"{count} values of the training {name}" for name, count in counts.items() if count]
    return f"{' and '.join(said)} are NaN or infinite" if said else None


def _count_broken(values: Array) -> int:
    if values.dtype.kind != "f":
        return 0
    starts = range(0, len(values), CHECKED_ROWS)
    return sum(int(np.sum(~np.isfinite(values[i : i + CHECKED_ROWS]))) for i in starts)
