"""Tells whether each source of randomness draws anew, from run to run and from build to build."""

from __future__ import annotations

from dataclasses import dataclass, replace

from runner.config.schema import SOURCES, Generator, Scope, Strategy
from runner.config.task_kinds import TASKS
from runner.static.declared import Declared
from runner.static.facts import ConfigFacts
from runner.static.keras_names import NOISE, STEADY, Initial, is_known, keras_name
from runner.static.sources import Sources
from runner.static.training import noise_changes_output, order_changes_output, split_changes_output

REDRAWN = {
    "init": "initial weights are drawn anew",
    "split": "rows are split anew",
    "order": "rows are shuffled anew",
    "augment": "rows are augmented anew",
    "dropout": "stochastic layers draw anew",
}
"""Source to the clause that says that it draws other numbers than before.

The sources are in the order in which they are named as the reason: the most important first.
"""

FOLLOWS = {
    "init": "initial weights follow",
    "split": "the split follows",
    "order": "the order of the rows follows",
    "augment": "the augmentation follows",
    "dropout": "stochastic layers follow",
}
"""Source to the clause that says that it follows a seed, or several; 'it' or 'them' is appended."""

DRAWN = {
    "init": "other weights",
    "split": "another split",
    "order": "another order of the rows",
    "augment": "another augmentation",
    "dropout": "other draws of stochastic layers",
}
"""Source to a phrase for what differs where it draws anew."""

GENERATOR_NAMES = {
    Generator.python: "Python's",
    Generator.numpy: "NumPy's",
    Generator.tensorflow: "TensorFlow's",
}
"""Global generator to its name in a clause."""


@dataclass(frozen=True)
class DrawState:
    """Whether a source draws other numbers than before."""

    varies: bool | None
    """Whether the numbers differ from those before; None: not known."""
    why: str = ""
    """A clause that says why they vary, or why that is not known."""
    unless_seeded: bool = False
    """Whether they would vary for certain but for unknown code, which may seed generators."""


SAME = DrawState(False)
"""State of a source that draws the same numbers again."""


@dataclass(frozen=True)
class Variation:
    """A source that a configuration has, and how its draws vary."""

    source: str
    runs: DrawState
    """Whether draws differ from one run to the next."""
    builds: DrawState
    """Whether draws differ from one build to the next, inside of a run."""
    follows: bool = False
    """Whether the source follows the strategy's seeds."""
    changes_output: bool | None = None
    """Whether other draws are bound to give other outputs; False: they cannot; None: not known."""
    only_rounding: bool = False
    """Whether other draws only change the order in which numbers are added."""


def find_variations(sources: Sources) -> list[Variation]:
    """Return how each source that a configuration has varies, the most important source first."""
    found = [_split(sources), _init(sources), _order(sources), _augment(sources), _dropout(sources)]
    present = [each for each in found if each is not None]
    if sources.rows.draws is None:
        present.append(_unknown("data", f"{sources.source} may return other rows each time"))
    rank = ["data", *REDRAWN].index
    return sorted(present, key=lambda each: rank(each.source))


def list_drawn(subject: ConfigFacts) -> dict[str, list[str]]:
    """Return the sources that are drawn anew along an axis unless code of the user's seeds them.

    Returns:
        `runs` and `builds`, each to names of sources, in the order of SOURCES; `unknown` to the
        sources of which nobody can tell whether they are drawn anew in each run; and `code` to the
        name of code that training calls and that may draw by itself, if there is any. Empty where
        the task is code of the user's, of which nothing is known.
    """
    if not TASKS[subject.config.task.kind].declared:
        return {}
    sources = Sources(subject)
    found = {each.source: each for each in find_variations(sources)}
    present = [found[source] for source in SOURCES if source in found]
    axes = {"runs": [(v.source, v.runs) for v in present]}
    axes["builds"] = [(v.source, v.builds) for v in present]
    drawn = {
        axis: [source for source, state in states if state.varies or state.unless_seeded]
        for axis, states in axes.items()
    }
    unknown = [v.source for v in present if v.runs.varies is None and not v.runs.unless_seeded]
    code = [] if sources.training_code is None else [sources.training_code]
    return {**drawn, "unknown": unknown, "code": code}


def _split(sources: Sources) -> Variation | None:
    if not sources.draws_rows and not sources.splits_validation:
        return None
    data, validation = sources.subject.config.data, sources.subject.config.train.validation
    derived = sources.subject.config.seed.strategy is Strategy.derived
    own = [data.split.seed] * sources.splits + [data.resample.seed] * sources.subject.resamples
    own += [validation.seed] * sources.splits_validation
    if None not in own and not derived:
        return Variation("split", SAME, SAME)
    drawn = _follow(sources, "split", None if derived else Generator.numpy)
    # Of other rows that are drawn after the split nothing certain is known.
    tests = sources.splits and (derived or data.split.seed is None)
    shows = tests and split_changes_output(sources.rows, data.split.by)
    visible = shows and sources.input_reaches_output_finitely
    return replace(drawn, builds=SAME, changes_output=visible or None)


def _init(sources: Sources) -> Variation | None:
    if sources.unknown_callable is not None:
        return _unknown("init", f"{sources.unknown_callable.target} may draw random numbers")
    if Initial.DRAWN in sources.initials:
        drawn = _follow(sources, "init", Generator.python)
        visible = sources.input_reaches_output_finitely and sources.draws_what_changes_output
        return replace(drawn, changes_output=visible or None)
    if Initial.OPEN in sources.initials:
        unknown = DrawState(None, "an initializer may draw anew")
        return Variation("init", unknown, unknown)
    return None


def _order(sources: Sources) -> Variation | None:
    subject = sources.subject
    if not subject.trains or not subject.has("shuffle") or subject.config.shuffle.buffer == 1:
        return None  # a buffer of one row does not change the order
    drawn = _follow(
        sources, "order", Generator.tensorflow, own=subject.config.shuffle.seed is not None
    )
    rows = sources.rows
    full = rows.train is not None and subject.config.train.batch_size >= rows.train
    return replace(
        drawn,
        changes_output=_through_training(sources, order_changes_output(subject, rows)),
        only_rounding=full and not subject.has("batch", "shuffle"),
    )


def _augment(sources: Sources) -> Variation | None:
    subject, function = sources.subject, sources.subject.augmentation
    settings = subject.config.train.augment
    if not subject.trains or not subject.has("augment"):
        return None
    if settings.parallel_calls > 1 and not settings.deterministic:
        return _unknown("augment", "the parallel map passes rows on in no fixed order")
    if function is None or (function.may_be_random and not _is_usual_noise(function)):
        name = function.target if function else "the augmentation"
        return _unknown("augment", f"{name} may draw random numbers")
    if not function.may_be_random:
        if keras_name(function, "layers") in (*STEADY, *NOISE) and is_known(function):
            return Variation("augment", SAME, SAME)
        return _unknown("augment", f"{function.target} may draw random numbers")
    if settings.parallel_calls > 1 and not subject.config.runtime.op_determinism:
        return _unknown("augment", "the parallel map draws random numbers in no fixed order")
    seed = function.arguments.get("seed")
    if function.package == "runner":
        drawn = _follow(sources, "augment", Generator.tensorflow, own=seed is not None, graph=True)
    elif type(seed) is int:
        drawn = Variation("augment", SAME, SAME)
    else:
        drawn = _follow(sources, "augment", Generator.python)
    strength = function.arguments.get("stddev", 0.1)
    strong = type(strength) in (int, float) and 1e-3 <= strength <= 10
    return replace(drawn, changes_output=_through_training(sources, strong or None))


def _is_usual_noise(function: Declared) -> bool:
    """Return whether a function that may be random is known to do nothing but add noise."""
    names = {name for name in function.arguments if not name.startswith("_")}
    seed = function.arguments.get("seed")
    known = names <= {"stddev", "seed"} and (seed is None or type(seed) is int)
    ours = function.target == "runner.augment.add_noise"
    return known and (ours or keras_name(function, "layers") == "GaussianNoise")


def _dropout(sources: Sources) -> Variation | None:
    if sources.unknown_callable is not None or not sources.noises or not sources.noise_is_active:
        return None
    subject = sources.subject
    derived = subject.config.seed.strategy is Strategy.derived
    drawn = _follow(sources, "dropout", None if derived else Generator.python)
    if not derived and all(noise.pinned for noise in sources.noises):
        drawn = Variation("dropout", SAME, SAME)
    elif not derived and any(noise.pinned is not False for noise in sources.noises):
        return _unknown("dropout", "some stochastic layers have a seed of their own")
    count = sources.rows.train or 1
    visible = any(noise_changes_output(subject, noise, count) for noise in sources.noises)
    through = _through_training(sources, visible or None)
    if subject.config.probe.training:
        return replace(drawn, changes_output=noise_changes_calls(sources) or through or None)
    return replace(drawn, changes_output=through)


def noise_changes_calls(sources: Sources) -> bool:
    """Return whether the draws of stochastic layers are bound to change the outputs of a call."""
    test = sources.rows.test
    count = min(sources.subject.config.probe.inputs, test) if test else 1
    visible = any(noise_changes_output(sources.subject, noise, count) for noise in sources.noises)
    return visible and sources.input_reaches_output_finitely


def _follow(
    sources: Sources,
    source: str,
    generator: Generator | None,
    own: bool = False,
    graph: bool = False,
) -> Variation:
    """Return how a source varies that depends on the seed strategy.

    Args:
        sources: the sources of the configuration.
        source: name of the source.
        generator: the global generator that the source draws from; None: it is given a seed.
        own: whether the source also has a seed of its own. TensorFlow's operations combine both.
        graph: whether the source draws inside of a function that TensorFlow traces. There, unlike
            outside, the seeds of operations do not depend on earlier draws.
    """
    seed, anew = sources.subject.config.seed, REDRAWN[source]
    steady = own or graph
    if seed.scope is Scope.call:
        late = DrawState(True, f"seeds are set only before calls and {anew}")
        unknown = DrawState(None, "seeds set before calls reach the builds after them")
        runs, builds = unknown if own else late, unknown if steady else late
        return _allow_for_reseeding(sources, Variation(source, runs, builds))
    if generator is not None and not sources.subject.seeds(generator):
        if own:
            return Variation(source, SAME, SAME)
        left = (
            f"{GENERATOR_NAMES[generator]} generator is" if sources.subject.seeded else "nothing is"
        )
        drawn = DrawState(True, f"{left}{' not' * sources.subject.seeded} seeded and {anew}")
        return _allow_for_reseeding(sources, Variation(source, drawn, drawn))
    builds = SAME
    derived = seed.strategy is Strategy.derived
    if seed.scope is Scope.process and (derived or not steady):
        builds = _mark_uncertain(
            DrawState(True, f"seeds are set once and {anew} in each build"), sources.training_code
        )
    runs = SAME
    if seed.strategy is Strategy.random:
        runs = DrawState(True, f"each run has another seed and {FOLLOWS[source]} it")
    elif derived and (seed.vary == "all" or source in seed.vary):
        runs = DrawState(True, f"seeds vary by replicate and {FOLLOWS[source]} them")
    return Variation(source, runs, builds, follows=True)


def _allow_for_reseeding(sources: Sources, drawn: Variation) -> Variation:
    """Mark draws that vary as uncertain where unknown code may seed the generators."""
    # Code that only training uses has not been called when the first build's weights are drawn.
    before = sources.loading_code or (sources.training_code if drawn.source != "init" else None)
    return replace(
        drawn,
        runs=_mark_uncertain(drawn.runs, before),
        builds=_mark_uncertain(drawn.builds, sources.training_code),
    )


def _mark_uncertain(state: DrawState, code: str | None) -> DrawState:
    """Mark a state that varies as unknown, because of code that may seed generators.

    Args:
        state: the state.
        code: name of the code; None: there is none, and the state stays.
    """
    if code is None or not state.varies:
        return state
    return DrawState(None, f"{code} may seed generators itself", unless_seeded=True)


def _unknown(source: str, why: str) -> Variation:
    return Variation(source, DrawState(None, why), DrawState(None, why))


def _through_training(sources: Sources, visible: bool | None) -> bool | None:
    """Return whether a change that training sees is bound to reach the outputs.

    Args:
        sources: the sources of the configuration.
        visible: whether the change is bound to reach training; False: it cannot; None: not known.
    """
    if visible is False or sources.changes is False:
        return False
    return (visible and sources.changes and sources.input_reaches_output_finitely) or None
