"""OBS1xx, randomness."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import Build, ConfigurationView


def continued_weights(view: ConfigurationView) -> Iterator[Observation]:
    """A build that starts from the weights with which the build before it ended.

    ## What it sees

    The initial weights of a build are, bit for bit, the final weights of the build before it in the
    same run, and training had changed these.

    ## Why it matters

    The second training goes on where the first ended, so the two are not repetitions of one
    training, and the later one looks better than it is.

    ## What to change

    The function that `model` names returns the same model object at each call. Make a new model in
    each call, and do not keep it in a module or a cache.
    """
    builds = view.builds
    pairs = [(a, b) for a, b in pairwise(builds) if a.run is b.run]
    pairs = [(a, b) for a, b in pairs if _weights(a, "init") and _weights(b, "init")]
    found = [b for a, b in pairs if _continues(a, b)]
    if found:
        yield Observation(
            "init",
            f"Build {found[0].index} began with the weights that build {found[0].index - 1} ended"
            f" with (in {len(found)} of {len(pairs)} builds after a first one).",
            "Make a new model in each call of the function that `model` names: it returns the same"
            " object.",
            len(found),
            len(pairs),
            "build",
        )


def _continues(before: Build, after: Build) -> bool:
    ended = _weights(before, "weights")
    return ended != _weights(before, "init") and ended == _weights(after, "init")


def _weights(build: Build, kind: str) -> dict[str, str]:
    return {stage.partition("/")[2]: each for stage, each in build.digests_of(kind).items()}
