"""Whether runs agree exactly where something that they were given is equal."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from runner.record.reader import StoredRun

MIN_REPEATED = 2
"""Runs that share a key with an earlier run, and its output, before that is no coincidence."""


def agree_exactly_within(
    runs: Sequence[StoredRun],
    key: Callable[[StoredRun], Hashable | None],
    content: Callable[[StoredRun], Hashable] = lambda run: run.record.digest,
) -> int | None:
    """Return how many groups runs fall into if they agree bit for bit exactly within each group.

    Args:
        runs: successful runs.
        key: what a run's group is; None if that is not known.
        content: what agrees; the digest of the outputs by default.

    Returns:
        The number of groups, at least 2. None if runs of one group differ, if those of two groups
        agree, if too few runs share a group to tell, or if a key is not known.
    """
    digests: dict[Hashable | None, list[Hashable]] = {}
    for each in runs:
        digests.setdefault(key(each), []).append(content(each))
    alike = all(len(set(each)) == 1 for each in digests.values())
    distinct = len({each[0] for each in digests.values()}) == len(digests)
    repeated = sum(len(each) - 1 for each in digests.values())
    known = None not in digests
    if known and len(digests) > 1 and alike and distinct and repeated >= MIN_REPEATED:
        return len(digests)
    return None
