"""What a configuration's outputs will do along each axis, as far as its config tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from omegaconf import DictConfig

from runner.schema import Device, Runtime, Scope, Strategy
from runner.static.layers import (
    SHAPES,
    Initial,
    find_initials,
    has_one_unit,
    is_softmax,
    is_softmax_layer,
    keras_name,
)
from runner.static.sources import Sources
from runner.static.subject import Subject
from runner.static.training import find_block, find_chain, keeps_units
from runner.static.variation import Fate, Variation, calls_show, find_variations

Foreseen = Literal["same", "differs", "unknown"]

DEVICES = ("nvidia[0-9]*", "kfd", "dxg")
"""Files under /dev by which Linux offers a GPU."""


@dataclass(frozen=True)
class Expected:
    """The state that is predicted of an axis."""

    state: Foreseen
    """`same` is bitwise. Of what differs by rounding only nothing is predicted: unknown."""
    reason: str
    """A short clause."""


@dataclass(frozen=True)
class Prediction:
    """What is predicted along each axis; an axis that is not measured later counts for nothing."""

    inputs: Expected
    calls: Expected
    builds: Expected
    runs: Expected

    def recorded(self) -> dict[str, list[str]]:
        """Axis to state and reason: what a record says was predicted."""
        expected = {item.name: getattr(self, item.name) for item in fields(self)}
        return {axis: [each.state, each.reason] for axis, each in expected.items()}


def predict(cfg: DictConfig | Subject) -> Prediction:
    """Predict the states of a valid configuration without importing or instantiating anything.

    What a callable of somebody else does is not known, nor are the rows of its data: the states
    that depend on them are unknown.
    """
    subject = cfg if isinstance(cfg, Subject) else Subject.of(cfg)
    sources = Sources(subject)
    if sources.stranger is not None:
        unknown = Expected("unknown", f"what {sources.stranger.target} does is not known")
        return Prediction(unknown, unknown, unknown, unknown)
    if (constant := _find_constant(sources)) is not None:
        same = Expected("same", constant)
        return Prediction(same, same, same, same)
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


def _find_constant(sources: Sources) -> str | None:
    """Why every output is one constant; None: it need not be."""
    chain = list(find_chain(sources.subject))
    while chain and keras_name(chain[-1], "layers") in SHAPES:
        chain.pop()
    if not chain:
        return None
    last = chain[-1]
    activation = is_softmax(last.arguments.get("activation"))
    layer = is_softmax_layer(last) or (last.name == "Activation" and activation)
    # Reshaped in between, a unit of each position would become several.
    if has_one_unit(last.before if layer else last.arguments) and (activation or layer):
        return "softmax over one unit is always 1"
    block = find_block(sources.subject, sources.rows)
    if block is None or sources.subject.config.probe.training:
        return None
    behind = chain[chain.index(block) :]
    initials = [how for each in behind for _, how in find_initials(each)]
    if all(how in (Initial.CONSTANT, Initial.PINNED) for how in initials):
        return "zero weights that never change ignore the input, and what follows is not drawn"
    return None


def _inputs(sources: Sources) -> Expected:
    subject = sources.subject
    random = subject.config.probe.training and bool(sources.noises)
    if find_block(subject, sources.rows) is not None and not random:
        return Expected("same", "zero weights that never change ignore the input")
    if not sources.rows.plain:
        return Expected("unknown", f"what the rows of {sources.source} hold is not known")
    if sources.changes is None:
        return Expected("unknown", "training may end in outputs that ignore the input")
    if not sources.carries:
        return Expected("unknown", "a layer may let nothing of the input through")
    if random:
        count = min(subject.config.probe.inputs, sources.rows.test or 1)
        if not all(keeps_units(subject, noise, count) for noise in sources.noises):
            return Expected("unknown", "stochastic layers may drop all of the input")
    return Expected("differs", "every layer passes on what the inputs differ in")


def _calls(sources: Sources) -> Expected:
    if sources.subject.config.probe.training and sources.noises:
        reason = "stochastic layers are active when the model is called"
        return Expected("differs" if calls_show(sources) else "unknown", reason)
    if (doubt := _find_gpu(sources)) is not None:
        return Expected("unknown", doubt)
    return Expected("same", "no layer is random when the model is called")


def _across(axis: Literal["builds", "runs"], sources: Sources, found: list[Variation]) -> Expected:
    """Predict what follows from what the sources draw."""
    fates = [(each, each.runs if axis == "runs" else each.builds) for each in found]
    for each, fate in fates:
        if fate.varies and each.shows:
            return Expected("differs", fate.why)
    doubt = next(_find_doubts(sources, fates), None)
    if doubt is not None:
        return Expected("unknown", doubt)
    return Expected("same", _explain_same(axis, sources, fates))


def _explain_same(
    axis: Literal["builds", "runs"], sources: Sources, fates: list[tuple[Variation, Fate]]
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


def _find_doubts(sources: Sources, fates: list[tuple[Variation, Fate]]) -> Iterator[str]:
    """Why it is not known that outputs are the same."""
    for each, fate in fates:
        if fate.varies is None:
            yield fate.why
        elif fate.varies and each.only_rounding and each.shows is None:
            yield "one batch holds all rows, so their order matters through rounding only"
        elif fate.varies and each.shows is None:
            yield f"{fate.why}, which outputs may not show"
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
    parts = ["every initializer has its own seed" if pinned else "no weight is drawn"]
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
