"""Says how trainings that were interrupted and resumed compare with the one that was not."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.lost_state import KEEPERS, name_losses
from runner.analysis.measurement import ConfigurationResult
from runner.analysis.resumes import Resume
from runner.numeric.verdicts import State


def describe_resumes(measured: ConfigurationResult) -> Iterator[str]:
    """Yield a sentence for each group of resumed runs of which the same is to be said."""
    groups: dict[str, list[int]] = {}
    for each in measured.resumes:
        said = _describe(each, repeats_itself(measured))
        if said is not None:
            groups.setdefault(said, []).append(each.epoch)
    for said, epochs in groups.items():
        yield f"Resumed at epoch {' and at '.join(map(str, epochs))}, {said}"


def repeats_itself(measured: ConfigurationResult) -> bool:
    """Return whether no runs with equal seeds are known to differ.

    Where they do, a resumed run may differ without any fault of the checkpoint.
    """
    states = (measured.comparison.replay, measured.comparison.equal_seeds)
    return not {State.DIFFERS, State.ROUNDING} & set(states)


def _describe(resume: Resume, repeats: bool) -> str | None:
    """Return what is said of a resumed run; None where it failed, which is said elsewhere."""
    if resume.ended:
        return "nothing was left to train: training had ended before."
    if resume.begun_anew:
        return "there was no checkpoint yet: everything was trained again."
    if resume.departed:
        return "it had differed already before it was interrupted, so that the resume says nothing."
    if resume.state is State.UNMEASURED:
        return None
    keeper = KEEPERS[resume.kept]
    if resume.state is State.SAME:
        return f"training from {keeper} gave bitwise the same as without interruption."
    verb = "differs by rounding" if resume.state is State.ROUNDING else "differs"
    where = f", first at {resume.first}" if resume.first else ""
    if resume.in_metrics:
        where = " in its metrics alone"
    text = f"training from {keeper} {verb}{where}"
    if not resume.losses:
        unseen = "no state that can be read was lost"
        return f"{text}; {unseen}{'.' if repeats else ', and runs with equal seeds differ too.'}"
    text += f"; lost: {name_losses(resume)}"
    return f"{text}." if repeats else f"{text}. But runs with equal seeds differ too."
