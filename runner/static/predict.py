"""Predicts, from a config alone, whether outputs differ along each axis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from omegaconf import DictConfig

from runner.config.schema import Device, Perturb, Runtime, Scope, Strategy
from runner.static.declared import Declared
from runner.static.draws import DrawState, Variation, find_variations, noise_changes_calls
from runner.static.facts import ConfigFacts
from runner.static.keras_names import CONVOLUTIONS, SHAPES, Initial, find_initials, keras_name
from runner.static.propagation import find_behind, find_block, rounds_alike, stays_finite
from runner.static.shapes import find_chain, find_lone_softmax, find_rank
from runner.static.sources import Sources
from runner.static.training import keeps_units

PredictedState = Literal["same", "differs", "unknown"]

DEVICES = ("nvidia[0-9]*", "kfd", "dxg")
"""Patterns of the files under /dev by which Linux offers a GPU."""


@dataclass(frozen=True)
class AxisPrediction:
    """The predicted state of an axis."""

    state: PredictedState
    """`same` means bitwise equal. An axis that differs by rounding only is `unknown`."""
    reason: str
    """A short clause that says why."""


@dataclass(frozen=True)
class Prediction:
    """The prediction for each axis, whether or not the axis is measured later."""

    inputs: AxisPrediction
    calls: AxisPrediction
    builds: AxisPrediction
    runs: AxisPrediction

    def by_axis(self) -> dict[str, AxisPrediction]:
        """Return the prediction for each axis, by its name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def predict(cfg: DictConfig | ConfigFacts) -> Prediction:
    """Predict the states of a valid configuration without importing or instantiating anything.

    A state that depends on a callable outside of the known libraries, or on rows that are not
    known, is `unknown`.
    """
    subject = cfg if isinstance(cfg, ConfigFacts) else ConfigFacts.of(cfg)
    sources = Sources(subject)
    if sources.unknown_callable is not None:
        unknown = AxisPrediction(
            "unknown", f"what {sources.unknown_callable.target} does is not known"
        )
        return Prediction(unknown, unknown, unknown, unknown)
    if _ends_in_lone_softmax(sources):
        same = AxisPrediction("same", "softmax over one unit is always 1")
        return Prediction(same, same, same, same)
    if _is_blocked_before_draws(sources):
        same = AxisPrediction(
            "same", "zero weights that never change ignore the input, and what follows is not drawn"
        )
        return Prediction(_inputs(sources), same, same, same)
    variations = find_variations(sources)
    return Prediction(
        inputs=_inputs(sources),
        calls=_calls(sources),
        builds=_across("builds", sources, variations),
        runs=_across("runs", sources, variations),
    )


def may_use_gpu(runtime: Runtime) -> bool:
    """Return whether a run may use a GPU; with `device: auto`, whether this machine has one."""
    if runtime.device is not Device.auto:
        return runtime.device is Device.gpu
    return any(any(Path("/dev").glob(pattern)) for pattern in DEVICES)


def _ends_in_lone_softmax(sources: Sources) -> bool:
    """Return whether the model ends in softmax over one unit, so that every output is 1."""
    layers = list(find_chain(sources.subject))
    while layers and keras_name(layers[-1], "layers") in SHAPES:
        layers.pop()
    if not layers or not sources.rows.plain or not sources.ends_finite:
        return False
    lone = dict(find_lone_softmax(sources.subject.model, find_rank(sources.rows)))
    # The axis of a convolution's channels may be set outside of the config.
    channels = any(keras_name(each, "layers") in CONVOLUTIONS for each in layers)
    return layers[-1].key in lone and not channels and stays_finite(layers)


def _is_blocked_before_draws(sources: Sources) -> bool:
    """Return whether all outputs are one constant that no random number affects."""
    block = _find_block(sources)
    if block is None or sources.subject.config.probe.training:
        return False
    behind = find_behind(sources.subject, block)
    initials = [how for each in behind for _, how in find_initials(each)]
    return all(how in (Initial.CONSTANT, Initial.PINNED) for how in initials)


def _find_block(sources: Sources) -> Declared | None:
    return find_block(sources.subject, sources.changes) if sources.rows.plain else None


def _inputs(sources: Sources) -> AxisPrediction:
    subject = sources.subject
    random = subject.config.probe.training and bool(sources.noises)
    if (block := _find_block(sources)) is not None and not random:
        zeros = "zero weights that never change ignore the input"
        if rounds_alike(find_behind(subject, block)):
            return AxisPrediction("same", zeros)
        return AxisPrediction("unknown", f"{zeros}, but equal rows may be rounded differently")
    if not sources.rows.plain:
        return AxisPrediction("unknown", _doubt_rows(sources))
    if sources.changes is None:
        return AxisPrediction("unknown", "training may end in outputs that ignore the input")
    if not sources.input_reaches_output:
        return AxisPrediction("unknown", "a layer may let nothing of the input through")
    if random:
        count = min(subject.config.probe.inputs, sources.rows.test or 1)
        if not all(keeps_units(subject, noise, count) for noise in sources.noises):
            return AxisPrediction("unknown", "stochastic layers may drop all of the input")
    return AxisPrediction("differs", "every layer passes on what the inputs differ in")


def _doubt_rows(sources: Sources) -> str:
    return f"what the rows of {sources.source} hold is not known"


def _calls(sources: Sources) -> AxisPrediction:
    if sources.subject.config.probe.training and sources.noises:
        reason = "stochastic layers are active when the model is called"
        return AxisPrediction("differs" if noise_changes_calls(sources) else "unknown", reason)
    if (doubt := _doubt_gpu(sources)) is not None:
        return AxisPrediction("unknown", doubt)
    return AxisPrediction("same", "no layer is random when the model is called")


def _across(
    axis: Literal["builds", "runs"], sources: Sources, variations: list[Variation]
) -> AxisPrediction:
    """Predict the state of an axis from how the sources vary along it."""
    states = [(each, each.runs if axis == "runs" else each.builds) for each in variations]
    for each, state in states:
        if state.varies and each.changes_output:
            return AxisPrediction("differs", state.why)
    doubt = next(_find_doubts(sources, states), None)
    if doubt is not None:
        return AxisPrediction("unknown", doubt)
    if sources.subject.config.perturb is Perturb.random_ulp:
        return AxisPrediction("unknown", "another weight is moved to the next float each time")
    return AxisPrediction("same", _explain_same(axis, sources, states))


def _explain_same(
    axis: Literal["builds", "runs"], sources: Sources, states: list[tuple[Variation, DrawState]]
) -> str:
    variations, seed = [each for each, _ in states], sources.subject.config.seed
    if any(state.varies for _, state in states):
        return "what is drawn anew has no effect on the outputs"
    if not any(each.follows or each.runs.varies is not False for each in variations):
        return f"{_list_controlled(sources, variations)}: nothing random is left"
    if axis == "builds":
        again = "seeds are set again before" if seed.scope is Scope.build else None
        return f"{again or 'no source draws anew in'} each build"
    if seed.strategy is Strategy.fixed:
        return "a fixed seed reaches every source"
    return (
        "no source that varies by replicate is drawn"
        if seed.vary
        else "no source varies by replicate"
    )


def _find_doubts(sources: Sources, states: list[tuple[Variation, DrawState]]) -> Iterator[str]:
    """Yield a clause for each reason why outputs may not be the same."""
    for each, state in states:
        if state.varies is None:
            yield state.why
        elif state.varies and each.only_rounding and each.changes_output is None:
            yield "one batch holds all rows, so their order matters through rounding only"
        elif state.varies and each.changes_output is None:
            unshown = "which outputs may not show"
            yield f"{state.why}, {unshown if sources.rows.plain else f'but {_doubt_rows(sources)}'}"
    for helper in sources.helpers:
        yield f"{helper.target} may draw random numbers"
    if reason := _doubt_gpu(sources):
        yield reason


def _doubt_gpu(sources: Sources) -> str | None:
    runtime = sources.subject.config.runtime
    if may_use_gpu(runtime) and not runtime.op_determinism:
        return "a GPU may add numbers in another order each time"
    return None


def _list_controlled(sources: Sources, variations: list[Variation]) -> str:
    """Say, source by source, why nothing follows the strategy's seeds."""
    present = {each.source for each in variations}
    pinned = Initial.PINNED in sources.initials
    mixed = Initial.CONSTANT in sources.initials
    those = f"every {'random ' * mixed}initializer has its own seed"
    parts = [those if pinned else "no weight is drawn"]
    if not sources.subject.trains:
        parts.append("nothing is trained")
    else:
        parts.append(
            "the shuffle has its own seed" if "order" in present else "nothing is shuffled"
        )
        if "augment" in present:
            parts.append("the augmentation draws nothing anew")
    if "dropout" in present:
        parts.append("stochastic layers have seeds of their own")
    else:
        parts.append(
            f"no {'stochastic layer is active' if sources.noises else 'layer is stochastic'}"
        )
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
