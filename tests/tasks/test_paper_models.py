"""Models of papers, as configs declare them: sizes, and how their weights begin."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from omegaconf import OmegaConf

from runner.config.instantiate import instantiate_node

CONF = Path(__file__).resolve().parents[2] / "conf" / "model"


def build(name, units, steps):
    node = OmegaConf.create(
        {"data": {"units": units}, "model": OmegaConf.load(CONF / f"{name}.yaml")}
    )
    keras.utils.set_random_seed(1)
    model = instantiate_node(OmegaConf.to_container(node, resolve=True)["model"], "model")
    model(np.zeros((2, steps), np.float32))
    return model


@pytest.mark.parametrize(
    ("name", "parameters"), [("linear", 410), ("mlp", 15_210), ("cnn", 5_210), ("gru", 5_134)]
)
def test_models_of_mnist1d_have_the_published_sizes(name, parameters):
    model = build(f"mnist1d/{name}", 10, 40)
    assert model.count_params() == parameters


FANS = {
    "linear": {"dense": 40},
    "mlp": {"first": 40, "second": 100, "classes": 100},
    "cnn": {"conv1d": 5, "conv1d_1": 75, "conv1d_2": 75, "dense": 125},
    "gru": {"gru": 6, "dense": 480},
}
"""Model to layer to the number whose inverse root bounds its first weights."""


@pytest.mark.parametrize("name", FANS)
def test_weights_begin_within_the_published_bounds(name):
    """Uniform over ±1/sqrt(fan_in), biases too; GRU: ±1/sqrt(units)."""
    keras.backend.clear_session()
    model = build(f"mnist1d/{name}", 10, 40)
    seen = set()
    for weight in model.weights:
        parts = weight.path.split("/")
        (layer,) = (
            each
            for each in FANS[name]
            if each in parts or f"forward_{each}" in parts or (f"backward_{each}" in parts)
        )
        bound = 1 / np.sqrt(FANS[name][layer])
        values = np.abs(weight.numpy())
        assert values.max() <= bound * (1 + 1e-6), weight.path
        if values.size >= 100:
            assert values.max() > 0.9 * bound, weight.path
        seen.add(layer)
    assert seen == set(FANS[name])


@pytest.mark.parametrize(
    ("name", "units", "steps", "flat"),
    [
        ("mcdcnn", 2, 150, 272),  # 150-146-73-69-34, 8 filters
        ("mcdcnn_short", 2, 24, 48),  # 24-24-12-12-6
        ("time_cnn", 2, 150, 168),  # 150-144-48-42-14, 12 filters
        ("time_cnn_short", 2, 24, 24),  # 24-24-8-8-2
    ],
)
def test_convolutions_for_series_have_the_published_lengths(name, units, steps, flat):
    model = build(f"dl4tsc/{name}", units, steps)
    (layer,) = (each for each in model.layers if isinstance(each, keras.layers.Flatten))
    assert layer.output.shape == (2, flat)
    assert model.output_shape == (2, units)


def test_the_perceptron_has_the_published_layers():
    model = build("dl4tsc/mlp", 2, 24)
    rates = [each.rate for each in model.layers if isinstance(each, keras.layers.Dropout)]
    widths = [each.units for each in model.layers if isinstance(each, keras.layers.Dense)]
    assert (rates, widths) == ([0.1, 0.2, 0.2, 0.3], [500, 500, 500, 2])
