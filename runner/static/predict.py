"""What a configuration's outputs will do along each axis, as far as its config tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from omegaconf import DictConfig

from runner.config.schema import Device, Runtime, Scope, Strategy
from runner.static.declared import Declared
from runner.static.draws import DrawState, Variation, calls_show, find_variations
from runner.static.facts import ConfigFacts
from runner.static.keras_names import CONVOLUTIONS, SHAPES, Initial, find_initials, keras_name
from runner.static.propagation import find_behind, find_block, rounds_alike, stays_finite
from runner.static.shapes import find_chain, find_lone_softmax, find_rank
from runner.static.sources import Sources
from runner.static.training import keeps_units

PredictedState = Literal["same", "differs", "unknown"]

DEVICES = ("nvidia[0-9]*", "kfd", "dxg")
"""Files under /dev by which Linux offers a GPU."""


@dataclass(frozen=True)
class AxisPrediction:
    """The state that is predicted of an axis."""

    state: PredictedState
    """`same` is bitwise. Of what differs by rounding only nothing is predicted: unknown."""
    reason: str
    """A short clause."""


@dataclass(frozen=True)
class Prediction:
    """What is predicted along each axis; an axis that is not measured later counts for nothing."""

    inputs: AxisPrediction
    calls: AxisPrediction
    builds: AxisPrediction
    runs: AxisPrediction

    def by_axis(self) -> dict[str, AxisPrediction]:
        """Axis to what is predicted of it."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def predict(cfg: DictConfig | ConfigFacts) -> Prediction:
    """Predict the states of a valid configuration without importing or instantiating anything.

    What a callable of somebody else does is not known, nor are the rows of its data: the states
    that depend on them are unknown.
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
    found = find_variations(sources)
    return Prediction(
        inputs=_inputs(sources),
        calls=_calls(sources),
        builds=_across("builds", sources, found),
        runs=_across("runs", sources, found),
    )


def may_use_gpu(runtime: Runtime) -> bool:
    """Whether a run may compute on a GPU; `device: auto` does where this machine has one."""
    if runtime.device is not Device.auto:
        return runtime.device is Device.gpu
    return any(any(Path("/dev").glob(pattern)) for pattern in DEVICES)


def _ends_in_lone_softmax(sources: Sources) -> bool:
    """Whether every output is bound to be 1."""
    layers = list(find_chain(sources.subject))
    while layers and keras_name(layers[-1], "layers") in SHAPES:
        layers.pop()
    if not layers or not sources.rows.plain or not sources.ends_finite:
        return False
    found = dict(find_lone_softmax(sources.subject.model, find_rank(sources.rows)))
    # Where a convolution's channels are may be set outside of the config.
    channels = any(keras_name(each, "layers") in CONVOLUTIONS for each in layers)
    return layers[-1].key in found and not channels and stays_finite(layers)


def _is_blocked_before_draws(sources: Sources) -> bool:
    """Whether outputs are one constant that nothing random decides."""
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
        return AxisPrediction("differs" if calls_show(sources) else "unknown", reason)
    if (doubt := _find_gpu(sources)) is not None:
        return AxisPrediction("unknown", doubt)
    return AxisPrediction("same", "no layer is random when the model is called")


def _across(
    axis: Literal["builds", "runs"], sources: Sources, found: list[Variation]
) -> AxisPrediction:
    """Predict what follows from what the sources draw."""
    fates = [(each, each.runs if axis == "runs" else each.builds) for each in found]
    for each, fate in fates:
        if fate.varies and each.changes_output:
            return AxisPrediction("differs", fate.why)
    doubt = next(_find_doubts(sources, fates), None)
    if doubt is not None:
        return AxisPrediction("unknown", doubt)
    return AxisPrediction("same", _explain_same(axis, sources, fates))


def _explain_same(
    axis: Literal["builds", "runs"], sources: Sources, fates: list[tuple[Variation, DrawState]]
) -> str:
    found, seed = [each for each, _ in fates], sources.subject.config.seed
    if any(fate.varies for _, fate in fates):
        return "what is drawn anew has no effect on the outputs"
    if not any(each.follows or each.runs.varies is not False for each in found):
        return f"{_list_controlled(sources, found)}: nothing random is left"
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


def _find_doubts(sources: Sources, fates: list[tuple[Variation, DrawState]]) -> Iterator[str]:
    """Why it is not known that outputs are the same."""
    for each, fate in fates:
        if fate.varies is None:
            yield fate.why
        elif fate.varies and each.only_rounding and each.changes_output is None:
            yield "one batch holds all rows, so their order matters through rounding only"
        elif fate.varies and each.changes_output is None:
            unshown = "which outputs may not show"
            yield f"{fate.why}, {unshown if sources.rows.plain else f'but {_doubt_rows(sources)}'}"
    for helper in sources.helpers:
        yield f"{helper.target} may draw random numbers"
    if reason := _find_gpu(sources):
        yield reason


def _find_gpu(sources: Sources) -> str | None:
    runtime = sources.subject.config.runtime
    if may_use_gpu(runtime) and not runtime.op_determinism:
        return "a GPU may add numbers in another order each time"
    return None


def _list_controlled(sources: Sources, found: list[Variation]) -> str:
    """Why nothing follows the strategy's seeds, source by source."""
    present = {each.source for each in found}
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
