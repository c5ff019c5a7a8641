"""Which names need no trust, what trust in a name covers, and what a name leads to."""

from __future__ import annotations

import inspect
import re
import sys

import keras
import pandas as pd
import pytest
from attacking import MARKER, PAYLOAD, Answer, start, write
from conftest import APPS
from hydra.utils import get_object

from runner.config.instantiate import instantiate_node
from runner.errors import ConfigError
from runner.trust.identity import (
    KERAS_BASES,
    KERAS_FUNCTION_MODULES,
    KERAS_SOURCE,
    UnknownNameError,
    check_identity,
    identify,
    locate_object,
)
from runner.trust.names import CONFIG_FUNCTIONS, VARIABLE, is_trusted, needs_no_trust


@pytest.mark.parametrize(
    "name",
    [
        "keras.Sequential", "keras.Model", "keras.Input", "keras.models.Sequential",
        "keras.layers.Dense", "keras.layers.Input", "keras.layers.add", "keras.layers.Wrapper",
        "tensorflow.keras.layers.GRU", "keras.initializers.GlorotUniform",
        "keras.losses.sparse_categorical_crossentropy",
        "keras.metrics.Mean", "keras.optimizers.Adam", "keras.regularizers.L2",
        "keras.optimizers.schedules.ExponentialDecay", "keras.constraints.MaxNorm",
        "keras.activations.softmax", "runner.data.digits", "runner.augment.add_noise",
    ],
)  # fmt: skip
def test_these_need_no_trust(monkeypatch, name):
    monkeypatch.setenv(VARIABLE, "")
    assert needs_no_trust(name)
    # check_identity lets a name pass that leads nowhere.
    assert callable(locate_object(CONFIG_FUNCTIONS.get(name, name)))
    check_identity("model", name)


@pytest.mark.parametrize(
    ("trust", "name", "expected"),
    [
        ("my", "my.model", True),
        ("my", "my", True),
        ("my", "mine.model", False),
        ("my.models", "my.models.deep.build", True),
        ("my.models", "my.data.load", False),
        ("keras", "keras.applications.ResNet50", True),
        ("keras", "keras.layers.Lambda", False),
        ("keras", "keras.saving.register_keras_serializable", False),
        ("keras.layers.Lambda", "keras.layers.Lambda", True),
        ("numpy", "numpy.load", False),
        ("numpy,numpy.load", "numpy.load", True),
        ("", "", False),
    ],
)
def test_trust_covers_what_is_below_a_name(monkeypatch, trust, name, expected):
    monkeypatch.setenv(VARIABLE, trust)
    assert is_trusted(name) is expected


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("keras.layers.Dense", "keras.layers.core.dense.Dense"),
        ("keras.src.utils.file_utils.os.getcwd", "posix.getcwd"),
        ("numpy.load", "numpy.load"),
        ("numpy.random.rand", "numpy.random.rand"),  # a method of an instance there
        ("keras.layers.Dense.from_config", "keras.layers.core.dense.Dense.from_config"),
        ("pathlib.Path.touch", "pathlib.Path.touch"),
    ],
)
def test_identities(name, identity):
    assert identify(locate_object(name), name) == identity


@pytest.mark.parametrize(
    "name",
    [
        "keras.layers.Dense", "keras.layers.Dense.from_config", "keras.src.utils.file_utils.os",
        "tensorflow.keras.layers.GRU", "numpy.random.rand", "xml.etree.ElementTree.parse", "json",
        "os.path.join",
    ],
)  # fmt: skip
def test_what_is_checked_is_what_hydra_instantiates(name):
    assert locate_object(name) == get_object(name)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("no_such_module.x", ModuleNotFoundError),
        ("json.no_such", ModuleNotFoundError),
        ("json.JSONDecoder.no_such", AttributeError),
        ("json..loads", ValueError),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(monkeypatch, name, error):
    monkeypatch.setenv(VARIABLE, "json,no_such_module")
    with pytest.raises(UnknownNameError) as raised:
        check_identity("data.source._target_", name)
    assert isinstance(raised.value.__cause__, error)
    with pytest.raises(Exception, match=r"."):  # and Hydra would find nothing either
        get_object(name)


FLAKY = """
import sys
from pathlib import Path
sys.flaky_imports = getattr(sys, "flaky_imports", 0) + 1
if sys.flaky_imports == 1:
    raise OSError("not yet")
touch = Path("MARKER").touch
"""
"""A module whose first import fails, and which then leads to other code."""


def test_a_name_whose_first_import_fails_is_not_used_unchecked(monkeypatch, tmp_path):
    (tmp_path / "flaky.py").write_text(FLAKY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "flaky")
    monkeypatch.setattr(sys, "flaky_imports", 0, raising=False)
    node = {"inner": [{"_target_": "flaky.touch"}]}
    key = r"data\.source\.inner\[0\]\._target_"
    rule = rf"^{key}: cannot be imported. Received: flaky.touch. OSError: not yet$"
    with pytest.raises(ConfigError, match=rule):
        instantiate_node(node, "data.source")
    with pytest.raises(ConfigError, match=rf"^{key}: is pathlib.Path.touch, which is not trusted"):
        instantiate_node(node, "data.source")
    assert not (tmp_path / MARKER).exists()


@pytest.mark.parametrize("name", KERAS_BASES)
def test_keras_keeps_its_classes_where_identities_are_looked_for(name):
    found = locate_object(f"keras.{name}")
    assert found.__module__.startswith(KERAS_SOURCE)
    assert found.__module__.removeprefix(KERAS_SOURCE).partition(".")[0] == name.partition(".")[0]


@pytest.mark.parametrize("kind", KERAS_FUNCTION_MODULES)
def test_keras_keeps_its_functions_where_identities_are_looked_for(kind):
    module = locate_object(f"keras.{kind}")
    places = {each.__module__ for each in vars(module).values() if inspect.isfunction(each)}
    assert any(each.startswith(f"{KERAS_SOURCE}{kind}.") for each in places)


def test_every_layer_of_keras_that_runs_code_is_known():
    loaders = {
        name
        for name in dir(keras.layers)
        if isinstance(found := getattr(keras.layers, name), type)
        and re.search(
            r"func_load|saved_model\.load|import_module|pickle|torch\.load|jax\.jit",
            inspect.getsource(found),
        )
    }
    assert "Lambda" in loaders
    assert {name for name in loaders if needs_no_trust(f"keras.layers.{name}")} == set()


# --- what only running can tell


@pytest.fixture(scope="module")
def aliases(tmp_path_factory) -> Answer:
    """The answer to a sweep over names that lead from a trusted module to other code."""
    work = tmp_path_factory.mktemp("aliases") / "work"
    write(work, {"x.npy": ""})
    targets = ",".join(f"aliases.{name}" for name in REACHED)
    return start(
        work,
        f"--trust aliases data.source._target_={targets} data.preload=[] model=linear data.units=2"
        " train.epochs=0 builds=1 calls=1 replicates=1 -m",
        PYTHONPATH=str(APPS),
    )


REACHED = {
    "rows": None,
    "again": None,
    "touch": "is pathlib.Path.touch, which is not trusted",
    "os.getcwd": "is posix.getcwd, which is not trusted. Received: aliases.os.getcwd",
    "np.load": "is numpy.load, which is not trusted",
    "Concealed": "is keras.layers.core.lambda_layer.Lambda, which is not trusted",
    "Layer.from_config": "is keras.ops.operation.Operation.from_config, which is not trusted",
}
"""Name in the module to how its run ends; None: it is used."""


@pytest.mark.parametrize("name", REACHED)
def test_a_name_is_trusted_for_what_it_leads_to(aliases, name):
    (runs,) = aliases.work.glob("outputs/*/*/runs.csv")
    errors = pd.read_csv(runs).set_index("data.source._target_")["error"]
    error, expected = errors[f"aliases.{name}"], REACHED[name]
    if expected is None:
        assert not str(error).startswith("data.source._target_")
    else:
        assert error.startswith(f"data.source._target_: {expected}")
        assert error.endswith(f". Run with --trust aliases.{name} if you trust it to run here")


def test_what_has_a_module_of_its_own_name_does_not_take_the_place_of_keras(tmp_path):
    write(tmp_path / "work", {"keras.py": PAYLOAD, "sklearn/__init__.py": PAYLOAD})
    answer = start(tmp_path / "work", "model=linear train.epochs=0 builds=1 calls=1")
    assert answer.status == 0, answer.err
    assert MARKER not in answer.made
