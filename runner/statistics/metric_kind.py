"""Tells of well-known metrics whether they are shares, and whether more of them is better."""

from __future__ import annotations

from dataclasses import dataclass

SHARES = (
    "accuracy", "acc", "auc", "precision", "recall", "f1", "f1_score", "specificity",
    "sensitivity", "top_k_categorical_accuracy", "binary_iou", "iou", "mean_iou",
)  # fmt: skip
"""Metrics in [0, 1] of which more is better; also where they end a longer name."""

COSTS = (
    "loss", "error", "mae", "mse", "rmse", "mape", "perplexity", "crossentropy", "divergence",
)  # fmt: skip
"""Metrics of which less is better; also where they end a longer name."""


@dataclass(frozen=True)
class MetricKind:
    """What is known of a metric from its name."""

    higher_is_better: bool | None
    """None: not known."""
    share: bool
    """Whether its values lie in [0, 1]."""


def kind_of_metric(name: str) -> MetricKind:
    """Return what is known of a metric, such as `val/accuracy` or `binary_accuracy`."""
    last = name.rpartition("/")[2].lower()
    if _ends(last, SHARES):
        return MetricKind(True, True)
    return MetricKind(False if _ends(last, COSTS) else None, False)


def _ends(name: str, known: tuple[str, ...]) -> bool:
    return any(name == each or name.endswith(f"_{each}") for each in known)
