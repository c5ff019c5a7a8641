"""Checks claims: does a configuration do what somebody says it does?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from runner.analysis.claims.checked import Checked, Found, Result
from runner.analysis.claims.published import check_published
from runner.analysis.measurement import ConfigurationResult
from runner.analysis.rounds.looks import share_over_looks, take_last_look
from runner.analysis.verdict import MIN_RUNS
from runner.config.schema import PUBLISHED_CHECKS
from runner.numeric.intervals import CONCLUSIVE, bound_differing, mean_interval, needed_trials
from runner.numeric.verdicts import MEASURED, State, Verdict
from runner.statistics.judgement import MOST_REPLICATES
from runner.text import plural


def check_claims(measured: ConfigurationResult) -> list[Checked]:
    """Check every claim of a configuration, in their order.

    It is concluded that something is the same, or never happens, only if fewer than `CONCLUSIVE`
    of further runs could do otherwise (see `runner.numeric.intervals.bound_differing`). One pair
    of runs is enough to conclude that something differs. With `replicates=auto`, intervals are of
    the last look, at a confidence at which those of all looks hold together
    (see `runner.analysis.rounds.looks`).
    """
    return [_check(claim, measured) for claim in measured.configuration.claims]


def _check(claim: dict[str, Any], measured: ConfigurationResult) -> Checked:
    comparison = measured.comparison
    if "verdict" in claim:
        check, found = f"verdict: {claim['verdict']}", _check_verdict(claim["verdict"], measured)
    elif "mean" in claim:
        check = f"mean {claim['metric']}: {claim['mean']:g} ± {claim['within']:g}"
        found = _check_mean(claim, measured)
    elif "sd_at_most" in claim:
        check = f"SD of {claim['metric']}: at most {claim['sd_at_most']:g}"
        found = _check_sd(claim, measured)
    elif "digest" in claim:
        check, found = f"digest: {claim['digest']}", _check_digest(claim["digest"], measured)
    elif any(name in claim for name in PUBLISHED_CHECKS):
        check, found = check_published(claim, measured)
    else:
        name = next(each for each in claim if each.startswith("across_") or each == "replay")
        check = f"{name}: {claim[name]}"
        found = _check_state(name, State(claim[name]), measured)
    if comparison.ended:
        # Those that were ended are not just any runs: they are the ones that part.
        text = f"{found.measured}; {plural(comparison.ended, 'run')} ended early"
        found = Found(text, Result.INCONCLUSIVE, hopeless=True)
    if comparison.runs == 0:
        found = Found("no run succeeded", Result.INCONCLUSIVE)
    return Checked(claim["text"], claim.get("source"), check, **vars(found))


def _check_state(name: str, claimed: State, measured: ConfigurationResult) -> Found:
    comparison = measured.comparison
    state: State = getattr(comparison, name)
    if name == "replay":
        made = plural(comparison.replays, "replay")
        trials = comparison.replays
    else:
        made, trials = plural(comparison.runs, "run"), comparison.runs - (name == "across_runs")
    text = f"{state} ({made})"
    if state is State.UNMEASURED:
        return Found(text, Result.INCONCLUSIVE, hopeless=comparison.runs >= MIN_RUNS)
    # Further runs can only make the worst state over runs worse. Across inputs the least differing
    # call counts, so that further runs can only make it more alike.
    worsening = -1 if name == "across_inputs" else 1
    distance = worsening * (MEASURED.index(state) - MEASURED.index(claimed))
    extreme = MEASURED[0] if worsening < 0 else MEASURED[-1]
    if distance > 0:
        return Found(text, Result.REFUTED)
    if distance == 0 and state is extreme:
        return Found(text, Result.HOLDS)
    settled = Result.HOLDS if distance == 0 else Result.REFUTED
    # Replays are not replicates, so more replicates do not add a known number of replays.
    return _settle(text, settled, trials, measured, None if name == "replay" else trials)


def _check_verdict(claimed: str, measured: ConfigurationResult) -> Found:
    verdict, runs = measured.verdict, measured.comparison.runs
    text = f"{verdict} ({plural(runs, 'run')})"
    if verdict in (Verdict.INSUFFICIENT, Verdict.FAILED) and verdict != claimed:
        return Found(text, Result.INCONCLUSIVE)
    result = Result.HOLDS if verdict == claimed else Result.REFUTED
    if claimed == Verdict.DETERMINISTIC and verdict is Verdict.REPEATABLE:
        within = (measured.comparison.across_builds, measured.comparison.across_calls)
        if any(state in (State.ROUNDING, State.DIFFERS) for state in within):
            return Found(text, result)
        return Found(f"{text}, builds or calls not compared", Result.INCONCLUSIVE, hopeless=True)
    if verdict.refutable:
        return _settle(text, result, runs - 1, measured, runs - 1)
    return Found(text, result)


def _check_digest(claimed: str, measured: ConfigurationResult) -> Found:
    digests = [str(each.record.digest) for each in measured.runs]
    others = [digest for digest in digests if digest != claimed]
    if others:
        (digest, count), *more = Counter(others).most_common()
        text = f"{digest} in {count} of {plural(len(digests), 'run')}"
        if more:
            text = f"{len(more) + 1} others in {len(others)} of {plural(len(digests), 'run')}"
        return Found(text, Result.REFUTED)
    text = f"{claimed} ({plural(len(digests), 'run')})"
    return _settle(text, Result.HOLDS, len(digests), measured, len(digests))


def _check_mean(claim: dict[str, Any], measured: ConfigurationResult) -> Found:
    """Check by the interval of the mean whether it is inside, outside or across the bounds."""
    values = take_last_look(measured).metric(claim["metric"])
    found = mean_interval(values, share_over_looks(measured))
    if found.mean is None or found.sd is None or found.low is None or found.high is None:
        return _report_unmeasured(claim["metric"], values)
    runs = plural(len(values), "run")
    text = f"{found.mean:.4g}, interval {found.low:.4g} to {found.high:.4g} ({runs})"
    low, high = claim["mean"] - claim["within"], claim["mean"] + claim["within"]
    # Decimals in a config are not exact floats, but 0.9 ± 0.1 must hold for 1.
    slack = 1e-9 * max(abs(low), abs(high))
    holds = low - slack <= found.low and found.high <= high + slack
    if found.sd == 0:
        result = Result.HOLDS if holds else Result.REFUTED
        return _settle(text, result, len(values) - 1, measured, len(values) - 1)
    if holds:
        return Found(text, Result.HOLDS)
    if found.high < low or found.low > high:
        return Found(text, Result.REFUTED)
    margin = min(abs(found.mean - low), abs(found.mean - high))
    return Found(text, Result.INCONCLUSIVE, _needed_for_mean(found.sd, margin, measured))


def _check_sd(claim: dict[str, Any], measured: ConfigurationResult) -> Found:
    """Check by the chi-square interval of the standard deviation of a normal sample."""
    values, bound = take_last_look(measured).metric(claim["metric"]), claim["sd_at_most"]
    confidence = share_over_looks(measured)
    sd = mean_interval(values, confidence).sd
    if sd is None:
        return _report_unmeasured(claim["metric"], values)
    if sd == 0:
        text = f"0 ({plural(len(values), 'run')})"
        return _settle(text, Result.HOLDS, len(values) - 1, measured, len(values) - 1)
    low, high = (sd * each for each in _sd_factors(len(values), confidence))
    text = f"{sd:.4g}, interval {low:.4g} to {high:.4g} ({plural(len(values), 'run')})"
    if high <= bound:
        return Found(text, Result.HOLDS)
    if low > bound:
        return Found(text, Result.REFUTED)
    return Found(text, Result.INCONCLUSIVE, _needed_for_sd(sd, bound, confidence))


def _settle(
    text: str, result: Result, trials: int, measured: ConfigurationResult, countable: int | None
) -> Found:
    """Return a result if enough trials without an exception were made; else it is inconclusive.

    Args:
        text: what was measured.
        result: the result if there are enough trials.
        trials: the number of independent trials.
        measured: the configuration, which gives the confidence.
        countable: the number of trials that came from the configuration's runs; None if more
            replicates would not mean more trials.
    """
    confidence = measured.confidence
    if bound_differing(trials, confidence) < CONCLUSIVE:
        return Found(text, result)
    if countable is None:
        return Found(text, Result.INCONCLUSIVE, hopeless=True)
    extra = measured.comparison.runs - countable
    return Found(text, Result.INCONCLUSIVE, needed_trials(CONCLUSIVE, confidence) + extra)


def _sd_factors(count: int, confidence: float) -> tuple[float, float]:
    """Return the factors that turn a sample's SD into the low and high end of its interval."""
    from scipy.special import chdtri  # takes 0.3 s, and most sweeps do not need it

    degrees, alpha = count - 1, 1 - confidence
    low, high = (float(chdtri(degrees, p)) for p in (alpha / 2, 1 - alpha / 2))
    return math.sqrt(degrees / low), math.sqrt(degrees / high)


def _needed_for_sd(sd: float, bound: float, confidence: float) -> int | None:
    """Return how many runs would exclude the bound from the interval if the SD stays as it is.

    None: more than MOST_REPLICATES would be needed.
    """
    below = sd <= bound

    def settles(count: int) -> bool:
        low, high = (sd * each for each in _sd_factors(count, confidence))
        return high <= bound if below else low > bound

    return _fewest(settles)


def _needed_for_mean(sd: float, margin: float, measured: ConfigurationResult) -> int | None:
    """Return how many runs would bring half the mean's interval down to the margin.

    None: more than MOST_REPLICATES would be needed.
    """
    from scipy.special import stdtrit

    upper = 1 - (1 - share_over_looks(measured)) / 2

    def settles(count: int) -> bool:
        return float(stdtrit(count - 1, upper)) * sd / math.sqrt(count) <= margin

    return _fewest(settles)


def _fewest(settles: Any) -> int | None:
    """Return the smallest count that settles a claim, from 2 to MOST_REPLICATES; None: none does.

    It is found by bisection, because an interval only becomes narrower with more runs.
    """
    low, high = 2, MOST_REPLICATES
    if not settles(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(middle) else (middle + 1, high)
    return low


def _report_unmeasured(metric: str, values: Sequence[float]) -> Found:
    if not values:
        return Found(f"no run has a metric {metric}", Result.INCONCLUSIVE, hopeless=True)
    return Found(f"no interval ({plural(len(values), 'run')})", Result.INCONCLUSIVE)
