"""Words for the state that an interruption of training loses, and what to do about each kind."""

from __future__ import annotations

from runner.analysis.resumes import AUGMENT, ORDER, POSITION, Loss, Resume

KEEPERS = {
    "backup": "BackupAndRestore",
    "model": "the saved model",
    "weights": "the saved weights",
}
"""Kind of checkpoint to what it is called."""

NOUNS = {
    ORDER: "the order of the rows",
    POSITION: "the position in the rows",
    AUGMENT: "the augmentation's place among its draws",
    "generators": "the state of stochastic layers",
    "optimizer": "the optimizer's state",
    "schedule": "the position in the schedule of the learning rate",
    "rate": "the learning rate",
    "averages": "the moving averages of the weights",
    "scale": "the scale of the loss",
    "callback": "what callbacks remember",
    "metrics": "the state of metrics",
    "weights": "weights",
    "python": "the state of Python's generator",
    "numpy": "the state of NumPy's generator",
    "keras": "the state of Keras's global generator",
}
"""Kind of loss to its name in a sentence."""


def name_losses(resume: Resume) -> str:
    """Return what was lost, such as `the order of the rows, the optimizer's state`."""
    return ", ".join(dict.fromkeys(NOUNS[each.kind] for each in resume.losses))


def describe_parts(loss: Loss) -> str:
    """Return in brackets which parts were lost; empty where they have no names."""
    if not loss.names:
        return ""
    more = loss.parts - len(loss.names.split(", "))
    return f" ({loss.names}{f' and {more} more' if more > 0 else ''})"
