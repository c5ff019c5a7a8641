"""Configurations whose real runs are compared with what is predicted of them."""

from __future__ import annotations

from configs import AUGMENTED, DROPOUT, FLATTEN, NOISE, dense, model, own_seed

CASES = {
    "order_own": ("dsss", {"seed": "unset"}, {"shuffle": {"seed": 7}}),
    "noise_in_a_graph": (
        "dsss",
        {"seed": "fixed", "shuffle": "off"},
        {"train": {"pipeline": AUGMENTED, "augment": {"function": NOISE}}},
    ),
    "split_drawn": (
        "dssd",
        {"seed": "unset", "shuffle": "off"},
        {"data": {"split": {"seed": None}}},
    ),
    "split_stratified": (
        "dssd",
        {"seed": "unset", "shuffle": "off"},
        {"data": {"split": {"seed": None, "by": "stratify"}}},
    ),
    "split_by_time": (
        "dsss",
        {"seed": "unset", "shuffle": "off"},
        {"data": {"split": {"seed": None, "by": "time"}}},
    ),
    "folds": (
        "dsss",
        {"seed": "random", "shuffle": "off"},
        {"data": {"split": {"folds": 4, "fold": 3}}},
    ),
    "python_only": ("dsdd", {"seed": "fixed"}, {"seed": {"generators": ["python"]}}),
    "dropout_own": (
        "ddss",
        {"seed": "unset", "shuffle": "off"},
        {
            "probe": {"training": True},
            "model": {
                "layers": [
                    FLATTEN,
                    dense(64, "relu", initializer=own_seed(1)),
                    {**DROPOUT, "seed": 9},
                    dense(10, "softmax", initializer=own_seed(2)),
                ]
            },
        },
    ),
    "one_unit": (
        "ssss",
        {"seed": "unset", "data": "article"},
        {"model": {"layers": [dense(1, "softmax")]}, "train": {"loss": "binary_crossentropy"}},
    ),
    "zeros": (
        "ssss",
        {"seed": "unset"},
        {
            "model": {"layers": [dense(9), dense(10, "softmax", initializer="zeros")]},
            "train": {"epochs": 0},
        },
    ),
    "nested": (
        "ssuu",
        {"seed": "unset"},
        {
            "model": {
                "layers": [
                    dense(8, "sigmoid", initializer="zeros"),
                    model(dense(10, "softmax")),
                ]
            },
            "train": {"epochs": 0},
        },
    ),
    "lora": (
        "usuu",
        {"seed": "unset", "shuffle": "off"},
        {"model": {"layers": [dense(10, "softmax", initializer=own_seed(1), lora_rank=2)]}},
    ),
    "flattened": (
        "ssss",
        {"seed": "unset"},
        {
            "model": {
                "layers": [dense(1), FLATTEN, {"_target_": "keras.layers.Softmax"}],
            },
            "train": {"loss": "mse", "metrics": []},
        },
    ),
    "two_sigmoids": (
        "dsdd",
        {"seed": "unset"},
        {"model": {"layers": [*[dense(16, "sigmoid")] * 2, dense(10, "softmax")]}},
    ),
    "no_rate": ("dsss", {"seed": "unset"}, {"train": {"optimizer": {"learning_rate": 0.0}}}),
    "seeded_late": ("dsdd", {"seed": "fixed", "model": "mlp"}, {"seed": {"scope": "call"}}),
    "full_batch": ("dsuu", {"seed": "unset"}, {"train": {"batch_size": 2000}}),
    "derived_order": (
        "dsds",
        {"seed": "derived"},
        {"seed": {"vary": ["init", "dropout"]}, "shuffle": {"seed": 3}},
    ),
    "vary_dropout": (
        "dsdd",
        {"seed": "derived", "model": "mlp_dropout"},
        {"seed": {"vary": ["dropout"]}},
    ),
}
"""Name to predicted states, choices on top of model=pinned, and further settings."""
