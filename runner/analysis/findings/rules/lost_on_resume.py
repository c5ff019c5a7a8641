"""OBS1xx, randomness."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.lost_state import KEEPERS, NOUNS, describe_parts
from runner.analysis.findings.resume_sentences import repeats_itself
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.resumes import AUGMENT, ORDER, POSITION, Loss, Resume
from runner.numeric.verdicts import MEASURED, State

OPTIMIZER = (
    "Use train.checkpoint=backup or model: where only weights are loaded, the optimizer begins"
    " anew."
)
BY_EPOCH = "Seed it where an epoch begins, with a number made of the seed and the epoch."

CHANGES = {
    ORDER: "With shuffle.by_epoch=true, for rows that are all in memory, or shuffle.reshuffle=false"
    " a resumed training reads the rows as one without interruption.",
    AUGMENT: "Derive its numbers from the row, for example with tf.random.stateless_normal.",
    "generators": "No checkpoint of Keras has it: save the value of layer.seed_generator.state of"
    " each such layer beside the checkpoint, and assign it before fit.",
    "optimizer": OPTIMIZER,
    "schedule": OPTIMIZER,
    "rate": OPTIMIZER,
    "averages": OPTIMIZER,
    "scale": OPTIMIZER,
    "callback": "Keras's callbacks forget it when fit begins: a subclass can write it into a file,"
    " and read it in on_train_begin.",
    "metrics": "Let reset_state set the metric back: fit calls it when an epoch begins.",
    "weights": "Let save_own_variables of the layer save all of its variables.",
    "python": BY_EPOCH,
    "numpy": BY_EPOCH,
    "keras": "Draw with tf.random.stateless_normal and the like, from a counter that is a weight of"
    " the layer.",
}
"""Kind of loss to what to change."""

BEGUN_AGAIN = (
    "Write checkpoints where an epoch ends (save_freq=epoch): Keras begins the epoch again."
)
WITHIN_PASS = "Let an epoch be a pass over the rows: leave train.steps_per_epoch out."


def lost_on_resume(view: ConfigurationView) -> Iterator[Observation]:
    """State that a checkpoint does not keep, so that a resumed training differs.

    ## What it sees

    A training was interrupted, and went on in another process from its checkpoint. State of the
    training was not in there the same as before, and the result is another one than without the
    interruption. Runs with equal seeds do not differ otherwise.

    ## Why it matters

    After an interruption, by a crash or by the end of the time on a cluster, training gives another
    result under the same seeds, and nothing says so.

    ## What to change

    It depends on the state: the sentence says what to do. `train.checkpoint` chooses what is saved.
    """
    resumes = [each for each in view.result.resumes if each.state in MEASURED]
    if not repeats_itself(view.result):
        return
    found: dict[str, list[tuple[Resume, Loss]]] = {}
    for resume in resumes:
        if resume.state is not State.SAME:
            for loss in resume.losses:
                found.setdefault(loss.kind, []).append((resume, loss))
    for kind, lost in found.items():
        resume, loss = lost[0]
        yield Observation(
            where=kind,
            seen=_describe(resume, loss),
            change=_advise(resume, kind),
            affected=len(lost),
            total=len(resumes),
            unit="resumed run",
        )


def _describe(resume: Resume, loss: Loss) -> str:
    keeper, noun = KEEPERS[resume.kept], NOUNS[loss.kind]
    if loss.kind == POSITION and resume.repeated_steps:
        return (
            f"The checkpoint was written {resume.repeated_steps} steps into an epoch, and training"
            " from it began this epoch at its first row again."
        )
    if loss.kind == POSITION:
        return f"Resumed at epoch {resume.epoch}, training began a pass over the rows anew."
    again = ": it is that of the first epoch again" if loss.restarted else ""
    return f"From {keeper} training did not get back {noun}{describe_parts(loss)}{again}."


def _advise(resume: Resume, kind: str) -> str:
    if kind != POSITION:
        return CHANGES[kind]
    return BEGUN_AGAIN if resume.repeated_steps else WITHIN_PASS
