"""Composes what is said of a configuration: what was found, why, and what to change."""

from __future__ import annotations

from collections.abc import Sequence

from runner.analysis.findings.other_surroundings import explain_surroundings
from runner.analysis.findings.resume_sentences import describe_resumes
from runner.analysis.findings.rules.continued_weights import continued_weights
from runner.analysis.findings.script_causes import find_causes, find_chance, find_reads, find_seeds
from runner.analysis.findings.script_wording import (
    word_causes,
    word_held,
    word_reads,
    word_seeds,
    word_unused,
)
from runner.analysis.findings.summary import (
    AS_CALLED,
    AS_WRITTEN,
    TAKEN_AWAY,
    describe,
    describe_unseen,
)
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_reason
from runner.analysis.measurement import ConfigurationResult
from runner.analysis.run_groups import agree_exactly_within
from runner.analysis.surprises import surprises
from runner.config.schema import Scope, Strategy
from runner.numeric.verdicts import State, Verdict
from runner.record.reasons import merge_reasons
from runner.record.stages import IMPLEMENTATION
from runner.record.timeline import Timeline

SOURCE_ADVICE = {
    "data": "The data source draws from something that no seed reaches, such as the order of a set,"
    " numpy.random.default_rng() or the clock.",
    "split": "Give data.split.seed a number, or seed NumPy's generator.",
    **dict.fromkeys(
        ("imbalance", "label_noise", "resample"),
        "Give data.resample.seed a number, or seed NumPy's generator.",
    ),
    "init": "Something that builds the model draws from a generator that is not seeded: see"
    " seed.generators and seed.scope.",
    "order": "Something in the pipeline changes the order of the rows: give the shuffle a seed, and"
    " maps deterministic=true.",
    "augment": "The augmentation draws in no fixed order: use train.augment.parallel_calls=1, or"
    " derive its numbers from the row.",
    "dropout": "A stochastic layer draws from a generator that is not seeded: see seed.generators.",
    IMPLEMENTATION: "No recorded source differs, so it is the computation itself: try"
    " runtime=deterministic.",
}
"""What to change for each source at which the runs of a seeded configuration may first part."""

DETERMINISTIC_ADVICE = (
    "No recorded source differs, although TensorFlow's operations are deterministic: look at code"
    " that training calls, such as a layer, a loss or a metric that is not Keras's."
)
"""What is said of the implementation where runtime.op_determinism is on."""

CODE_ADVICE = (
    "No recorded source differs: either {} draws by itself, or it is the computation: try"
    " runtime=deterministic."
)
"""What is said of the implementation where training calls code that is not known."""

AUGMENT_ADVICE = (
    "The augmentation draws from a generator that is not seeded: see seed.generators, or derive its"
    " numbers from the row."
)
"""What is said of an augmentation where rows are augmented one at a time."""


def compose_sentences(measured: ConfigurationResult, metrics: Sequence[str]) -> str:
    """Return what was found of a configuration, in how many runs, why, and what to change.

    Args:
        measured: the configuration.
        metrics: the names of all metrics of the sweep.
    """
    text = describe(
        measured.verdict,
        measured.comparison,
        measured.divergence,
        _find_strategy(measured),
        measured.confidence,
        measured.hash_seeds,
        measured.machines,
    )
    if measured.worst:
        text += f" {_name_worst(measured.worst)}"
    varying = [m for m in metrics if len({s.first_metrics.get(m) for s in measured.runs}) > 1]
    text += describe_unseen(measured.verdict, measured.divergence, varying)
    reason, unknown = _recorded_reason(measured), _equal_inputs(measured)
    further = (
        f"Reason: {reason}." if reason else None,
        f"All {unknown}." if unknown else None,
        _labels(measured),
        *describe_resumes(measured),
        _nothing_random(measured),
        _explain(measured, varying),
        *(f"Surprise: {each}." for each in find_surprises(measured)),
        _retried(measured),
    )
    return " ".join([text, *filter(None, further)])


def _explain(measured: ConfigurationResult, varying: Sequence[str]) -> str | None:
    """Return what explains the verdict, or what to change; None if nobody can tell."""
    surroundings = explain_surroundings(measured)
    if surroundings is not None:
        return " ".join(filter(None, [surroundings, _name_outputs(measured)]))
    return _explain_watched(measured, varying) or _by_hash_seed(measured) or _advice(measured)


def _find_strategy(measured: ConfigurationResult) -> str:
    """Return the name of the seed strategy, or that what was watched seeds as it does."""
    strategy = measured.configuration.strategy
    timelines = [each for run in measured.runs for each in run.record.timelines]
    if not timelines or strategy != Strategy.unset.name:
        return strategy
    if timelines[0].seeds_ignored:
        return TAKEN_AWAY
    return AS_WRITTEN if timelines[0].outputs else AS_CALLED


def _name_worst(outputs: Sequence[str]) -> str:
    """Return which of several outputs the verdict is that of."""
    noun = "output" if len(outputs) == 1 else "outputs"
    return (
        f"The verdict is that of the {noun} {', '.join(outputs)}; by themselves the others have a"
        " better one."
    )


def find_reason(measured: ConfigurationResult) -> str | None:
    """Return why outputs ignore their input or are not finite, or why nobody can tell.

    None: there is nothing to explain, or no reason was recorded.
    """
    reason, unknown = _recorded_reason(measured), _equal_inputs(measured)
    return reason or (unknown and f"all {unknown}")


def _recorded_reason(measured: ConfigurationResult) -> str | None:
    """Return the commonest reason that builds recorded, and in how many builds; None without one.

    Its numbers span those of all builds that recorded the reason.
    """
    reasons = [reason for each in measured.runs for reason in each.record.collapse if reason]
    if not reasons or measured.verdict not in (Verdict.COLLAPSED, Verdict.NON_FINITE):
        return None
    ((reason, count), *others) = merge_reasons(reasons)
    builds = sum(len(each.record.collapse) for each in measured.runs)
    where = "" if count == builds else f" (in {count} of {builds} builds)"
    more = f"; {len(others)} more in the records" if others else ""
    return f"{word_reason(reason)}{where}{more}"


def _equal_inputs(measured: ConfigurationResult) -> str | None:
    """Return that all inputs of a probe are the same, and in how many runs, as text after "all".

    None: no probe with several inputs has only equal ones.
    """
    probes = [each.arrays.inputs for each in measured.runs if each.arrays is not None]
    count = sum(len(ids) > 1 and bool((ids == ids[:1]).all()) for ids in probes)
    if not count:
        return None
    where = "" if count == len(probes) else f" in {count} of {len(probes)} runs"
    return (
        f"{measured.comparison.inputs} probe inputs are the same row{where}, so nothing can be"
        " said of whether outputs depend on the input"
    )


def find_surprises(measured: ConfigurationResult) -> list[str]:
    """Return one clause for each prediction that the measurement contradicts."""
    comparison = measured.comparison
    states = {
        "inputs": comparison.across_inputs,
        "calls": comparison.across_calls,
        "builds": comparison.across_builds,
        "runs": comparison.across_runs,
    }
    return surprises(measured.configuration.predicted, states)


def _labels(measured: ConfigurationResult) -> str | None:
    """Return that outputs differ but always predict one label; None if they do not."""
    comparison = measured.comparison
    # Outputs are scores of labels only if the targets are labels.
    labelled = measured.targets is not None
    always = labelled and comparison.labels == 1 and comparison.across_inputs is State.DIFFERS
    return "Outputs differ, but all of them predict the same label." if always else None


def _nothing_random(measured: ConfigurationResult) -> str | None:
    """Return why runs are the same although their seeds vary; None if that was not predicted."""
    shared = measured.configuration
    varies = shared.strategy in (Strategy.unset.name, Strategy.random.name) or bool(shared.vary)
    runs = shared.predicted.get("runs")
    if (
        measured.verdict.runs is not State.SAME
        or not varies
        or runs is None
        or runs.state != State.SAME
    ):
        return None
    return f"Expected: {runs.reason}."


def _by_hash_seed(measured: ConfigurationResult) -> str | None:
    """Return that runs are the same exactly if their hash seeds are; None if that is not so.

    Runs that were forked from one process share its hash seed together with everything else that
    its modules drew before. Where it imported modules of the user's, nobody can tell these apart.
    """
    shared = any(each.record.warm_parent is not None for each in measured.runs)
    if measured.comparison.across_runs is not State.DIFFERS:
        return None
    if shared and measured.configuration.preload:
        return None
    if agree_exactly_within(measured.runs, lambda run: run.record.hash_seed) is None:
        return None
    return (
        "Runs are the same exactly where their hash seeds are: something depends on hash() or the"
        " order of a set; runtime.hash_seed=0 would hide it, sorted() mend it."
    )


def _advice(measured: ConfigurationResult) -> str | None:
    """Return what to change; None if there is nothing to change or nobody can tell."""
    verdict, divergence = measured.verdict, measured.divergence
    if verdict is Verdict.REPEATABLE and measured.comparison.across_builds is State.DIFFERS:
        return _advise_scope(measured)
    if verdict is Verdict.SEED_DRIVEN and len(divergence.sources) > 1:
        if measured.configuration.vary:
            return None
        named = ", ".join(divergence.sources)
        return f"It varies with {named}; experiment=attribution says how much each matters."
    if verdict.repeats is not False:
        return None
    if measured.configuration.strategy == Strategy.unset.name:
        if IMPLEMENTATION in divergence.sources:
            return _advise_source(measured, IMPLEMENTATION)
        return (
            "To find out whether seeds explain it, use seed=random: some runs are then repeated"
            " with the seeds that they recorded."
        )
    return _advise_repeated(measured)


def _explain_watched(measured: ConfigurationResult, varying: Sequence[str]) -> str | None:
    """Return what was seen of a script or a function that explains its verdict.

    `varying` are the names of metrics that are not the same in all runs.

    None: nothing was watched, or a function was and nothing was seen that matters.
    """
    timelines = [run.record.timelines[0] for run in measured.runs if run.record.timelines]
    if not timelines:
        return None
    outputs = _name_outputs(measured)
    lines = None
    if measured.verdict is not Verdict.SEED_DRIVEN:
        parted = measured.divergence.first
        if parted is not None:
            lines = _name_causes(measured, timelines, parted)
        elif (chance := find_chance(timelines)) and varying:
            lines = word_causes(chance)
        else:
            unused = word_unused(chance, function=not timelines[0].outputs)
            lines = " ".join(filter(None, [_name_seeds(measured, timelines), unused])) or None
    # A function is called with seeds and builds that a script has no part in.
    advice = (
        _advice(measured) if outputs is None and measured.verdict.repeats is not False else None
    )
    held = word_held(timelines[0].held) if measured.verdict.runs is State.SAME else None
    return " ".join(filter(None, [lines, held, advice, outputs])) or None


def _name_outputs(measured: ConfigurationResult) -> str | None:
    """Return what the outputs of a script are; None if it is no script."""
    named = [run.record.timelines[0].outputs for run in measured.runs if run.record.timelines]
    return f"Outputs are {named[0]}." if named and named[0] else None


def _name_causes(measured: ConfigurationResult, timelines: Sequence[Timeline], first: str) -> str:
    """Return which lines make runs part at a stage; without any, whether it is the hash seed."""
    causes = find_causes(timelines, first)
    return (None if causes else _by_hash_seed(measured)) or word_causes(causes)


def _name_seeds(measured: ConfigurationResult, timelines: Sequence[Timeline]) -> str | None:
    """Return which lines set the seeds, or read the files, that keep runs the same."""
    seeds, reads = find_seeds(timelines), find_reads(timelines)
    if not seeds:
        return word_reads(reads) if reads else None
    strategy = measured.configuration.strategy
    seeded = strategy != Strategy.unset.name and any(each.generator for each in seeds)
    what = "script" if timelines[0].outputs else "function"
    over = f"The {what} sets seeds itself, which replace those of seed={strategy}: "
    return f"{over if seeded else ''}{word_seeds(seeds)}"


def _advise_scope(measured: ConfigurationResult) -> str | None:
    """Return how the builds of a run could agree; None if seeds cannot make them."""
    shared = measured.configuration
    continued = any(continued_weights(ConfigurationView(measured)))
    if shared.strategy == Strategy.unset.name or shared.scope == Scope.build.name or continued:
        return None
    builds = shared.predicted.get("builds")
    if shared.scope and (builds is None or builds.state != State.DIFFERS):
        # Code that is not known may draw from what is seeded once only, whatever the scope.
        return (
            "Where builds must agree try seed.scope=build, which seeds the global generators again"
            " before each."
        )
    return "Where builds must agree use seed.scope=build."


def _advise_repeated(measured: ConfigurationResult) -> str | None:
    """Return what to change where runs with equal seeds part; None if nobody can tell where."""
    parted = measured.unexplained
    if not parted.sources:
        return None
    advice = _advise_source(measured, parted.sources[0])
    # Runs with other seeds part wherever these reach, which is no fault.
    if parted.first == measured.divergence.first:
        return advice
    where = f"With equal seeds runs first part at {parted.first}."
    return f"{where} {advice}" if advice else where


def _advise_source(measured: ConfigurationResult, source: str) -> str | None:
    """Return what to change where runs first part at a source; None for one of the user's own."""
    code = measured.configuration.drawn.get("code")
    if source == IMPLEMENTATION and code:
        return CODE_ADVICE.format(code[0])
    if source == IMPLEMENTATION and all(
        each.record.environment.get("op_determinism") for each in measured.runs
    ):
        return DETERMINISTIC_ADVICE
    if source == "augment" and _augments_one_by_one(measured):
        return AUGMENT_ADVICE
    return SOURCE_ADVICE.get(source)


def _augments_one_by_one(measured: ConfigurationResult) -> bool:
    """Return whether rows are known to be augmented one at a time."""
    facts = [fact for _, fact in ConfigurationView(measured).find_build_facts("augmented-rows")]
    return bool(facts) and all(fact.numbers["parallel_calls"].high == 1 for fact in facts)


def _retried(measured: ConfigurationResult) -> str | None:
    count = measured.retried
    if not count:
        return None
    return f"{count} of {len(measured.runs)} runs succeeded only when tried again."
