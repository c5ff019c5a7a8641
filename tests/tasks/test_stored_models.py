"""Models and weights in files that Keras wrote: what is loaded, and what is refused."""

from __future__ import annotations

import io
import os
import sys
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from runner.config.instantiate import instantiate_node
from runner.errors import ConfigError
from runner.tasks.keras.models.stored_weights import finish_model
from runner.tasks.keras.models.weight_file import WeightFile
from runner.trust.model_files import MAX_FILE_BYTES, WEIGHTS
from runner.trust.names import VARIABLE

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(6, 4)


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(compiled=False):
    """A model with every kind of part that a file keeps in a place of its own."""
    x = keras.Input((4,), name="x")
    nested = keras.Sequential([layers.Dense(3, name="deep"), layers.Dense(4)], name="body")
    y = layers.Dropout(0.5)(nested(x)) + x
    y = layers.Bidirectional(layers.GRU(2), name="both")(layers.Reshape((2, 2))(y))
    model = keras.Model(x, layers.Dense(3, name="head")(y))
    if compiled:
        model.compile("adam", "mse", metrics=["mae"])
        model.fit(X, X[:, :3], verbose=0)
    return model


def load(**arguments):
    return instantiate_node({"_target_": "runner.models.load", **arguments}, "model")


def layer(kind, **arguments):
    return {"_target_": f"keras.layers.{kind}", **arguments}


def dense(units, **arguments):
    return layer("Dense", units=units, **arguments)


def sequence(*parts, **more):
    return {"_target_": "keras.Sequential", "layers": list(parts), **more}


def with_weights(model, path="m.weights.h5", shape=(4,), **more):
    """The model, built as a run builds it."""
    node = {"_target_": "runner.models.with_weights", "model": model, "path": path, **more}
    made = instantiate_node(node, "model")
    if not made.built:
        made.build((None, *shape))
    finish_model(made, node)
    return made


def refusal(make, *arguments, **named):
    with pytest.raises(ConfigError) as raised:
        make(*arguments, **named)
    assert "\n" not in str(raised.value)
    return str(raised.value)


# --- a whole model


def test_a_model_gives_the_bits_that_it_gave_when_it_was_written():
    model = written(compiled=True)
    model.save("m.keras")
    loaded = load(path="m.keras")
    np.testing.assert_array_equal(loaded(X), model(X))
    assert not loaded.compiled


def test_a_loaded_model_is_named_and_frozen_as_it_is_asked():
    written().save("m.keras")
    loaded = load(path="m.keras", name="old", trainable=False)
    assert loaded.name == "old"
    assert loaded.trainable_variables == []
    assert load(path="m.keras").trainable_variables


def test_a_layer_keeps_its_vocabulary():
    words = layers.StringLookup(vocabulary=["cat", "dog"], output_mode="one_hot")
    keras.Sequential([keras.Input((1,), dtype="string"), words, layers.Dense(2)]).save("m.keras")
    assert load(path="m.keras").layers[0].get_vocabulary() == ["[UNK]", "cat", "dog"]


OWN = """
import keras
@keras.saving.register_keras_serializable("mine")
class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x
class Plain(Twice):
    pass
@keras.saving.register_keras_serializable("mine")
class Other(keras.layers.Layer):
    pass
"""


@pytest.fixture
def own(directory, monkeypatch):
    (directory / "own_layers.py").write_text(OWN)
    monkeypatch.syspath_prepend(directory)
    import own_layers

    yield own_layers
    del sys.modules["own_layers"]
    for name in ("mine>Twice", "mine>Other"):
        keras.saving.get_custom_objects().pop(name, None)


@pytest.mark.parametrize("kind", ["Twice", "Plain"])
def test_layers_of_your_own_are_loaded_if_you_trust_them(own, monkeypatch, kind):
    model = keras.Sequential([keras.Input((4,)), getattr(own, kind)()])
    model.save("m.keras")
    line = refusal(load, path="m.keras")
    assert line == (
        f"model.path: holds own_layers.{kind}, and package own_layers is not trusted."
        " Received: m.keras. Run with --trust own_layers if you trust this code to run here"
    )
    monkeypatch.setenv(VARIABLE, "own_layers")
    np.testing.assert_array_equal(load(path="m.keras")(X), 2 * X)


def test_a_trusted_name_does_not_stand_for_another_that_is_registered(own, monkeypatch):
    keras.Sequential([keras.Input((4,)), own.Twice()]).save("m.keras")
    rewrite(lambda text: text.replace(b"mine>Twice", b"mine>Other"))
    monkeypatch.setenv(VARIABLE, "own_layers")
    line = refusal(load, path="m.keras")
    assert line == "model.path: holds own_layers.Twice, which is not registered as mine>Other"


def rewrite(change=None, weights=None):
    """Change what m.keras holds."""
    with zipfile.ZipFile("m.keras") as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    if change is not None:
        files["config.json"] = change(files["config.json"])
    if weights is not None:
        files[WEIGHTS] = weights
    with zipfile.ZipFile("m.keras", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def test_a_lambda_layer_is_refused_even_if_keras_is_trusted(monkeypatch):
    keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x)]).save("m.keras")
    for trust in ("", "keras", "keras.layers.Lambda"):
        monkeypatch.setenv(VARIABLE, trust)
        assert refusal(load, path="m.keras").startswith("model.path: holds keras.layers.Lambda, wh")


def test_what_cannot_be_loaded_gets_one_line(directory):
    os.mkfifo("pipe.keras")
    for path in ("no.keras", "pipe.keras", "."):
        assert refusal(load, path=path) == f"model.path: must be a file. Received: {path}"
    with open("large.keras", "wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    assert refusal(load, path="large.keras") == (
        f"model.path: must have at most {MAX_FILE_BYTES} bytes. Received: {MAX_FILE_BYTES + 1}"
    )
    written().save("m.keras")
    rewrite(lambda text: text.replace(b'"units": 3', b'"units": 5'))
    assert refusal(load, path="m.keras").startswith("model.path: cannot be loaded: ")


# --- weights by the names of layers


@pytest.mark.parametrize("path", ["m.weights.h5", "m.keras"])
@pytest.mark.parametrize("built", [True, False])
def test_a_declared_model_gets_the_weights_of_one_that_keras_wrote(path, built):
    parts = [dense(3), layer("Dropout", rate=0.5), dense(4, name="last")]
    model = instantiate_node(sequence(*parts), "model")
    model.build((None, 4))
    model.save_weights("m.weights.h5")
    model.compile("adam", "mse")
    model.fit(X, X, verbose=0, epochs=0)
    model.save("m.keras")
    start = [{"_target_": "keras.Input", "shape": [4]}] * built
    for _ in range(2):  # Keras counts its layers over the whole process
        made = with_weights(sequence(*start, *parts), path)
        np.testing.assert_array_equal(made(X), model(X))


def test_parts_of_layers_and_nested_models_are_matched_too():
    model = written()
    model.save_weights("m.weights.h5")
    body = sequence(dense(3, name="deep"), dense(4), name="body")
    nodes = {
        "body": {"layer": body, "from": "x"},
        "sum": {"layer": layer("Add"), "from": ["body", "x"]},
        "rows": {"layer": layer("Reshape", target_shape=[2, 2]), "from": "sum"},
        "both": {"layer": layer("Bidirectional", layer=layer("GRU", units=2)), "from": "rows"},
        "head": {"layer": dense(3), "from": "both"},
    }
    graph = {
        "_target_": "runner.models.graph",
        "inputs": {"x": {"shape": [4]}},
        "nodes": nodes,
        "outputs": "head",
    }
    np.testing.assert_array_equal(with_weights(graph)(X), model(X))


def test_a_part_of_a_model_gets_weights_and_the_rest_starts_anew():
    """Transfer: the body of another model, frozen, under a head of its own."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="low"), layers.Dense(9)])
    model.save_weights("m.weights.h5")
    wrapped = {
        "_target_": "runner.models.with_weights",
        "path": "m.weights.h5",
        "model": sequence(dense(3, name="low")),
        "trainable": False,
    }
    node = sequence(wrapped, dense(2))
    made = instantiate_node(node, "model")
    made.build((None, 4))
    finish_model(made, node)
    np.testing.assert_array_equal(made.weights[0], model.weights[0])
    assert len(made.trainable_variables) == 2
    made.compile("sgd", "mse")
    made.fit(X, X[:, :2], verbose=0)
    np.testing.assert_array_equal(made.weights[0], model.weights[0])


def test_only_the_layers_that_are_named_get_weights():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="low"), layers.Dense(9)])
    model.save_weights("m.weights.h5")
    declared = sequence(dense(3, name="low"), dense(2))
    made = with_weights(declared, layers=["low"])
    np.testing.assert_array_equal(made.weights[0], model.weights[0])
    assert refusal(with_weights, declared) == (
        "model.path: has weights of other shapes for the layer dense."
        " Received: (3, 9) (9,) in m.weights.h5 and (3, 2) (2,) in the model"
    )
    assert refusal(with_weights, declared, layers=["lowe"]) == (
        "model.layers: must name layers of the model that have weights. Received: lowe."
        " Did you mean 'low'?"
    )


def test_layers_are_counted_as_they_were_made_beyond_ten():
    parts = [dense(4) for _ in range(12)]
    model = instantiate_node(sequence(*parts), "model")
    model.build((None, 4))
    model.save_weights("m.weights.h5")
    made = with_weights(sequence(*parts[:11]))
    for one, other in zip(made.weights, model.weights, strict=False):
        np.testing.assert_array_equal(one, other)


def test_a_layer_that_the_file_lacks_is_named():
    keras.Sequential([keras.Input((4,)), layers.Dense(3, name="low")]).save_weights("m.weights.h5")
    assert refusal(with_weights, sequence(dense(3, name="lower"))) == (
        "model.path: has no weights for the layer lower. Received: m.weights.h5."
        " Did you mean 'low'?"
    )
    assert refusal(with_weights, sequence(dense(3, name="zzz"))).endswith("The file has low")


def test_weights_need_no_trust_in_the_code_of_the_model_that_they_were_of(own, monkeypatch):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="low"), own.Twice()])
    model.save("m.keras")
    monkeypatch.setenv(VARIABLE, "")
    made = with_weights(sequence(dense(3, name="low")), "m.keras")
    np.testing.assert_array_equal(2 * made(X), model(X))


def test_what_holds_no_weights_gets_one_line(directory):
    (directory / "m.weights.h5").write_bytes(b"no such thing")
    model = sequence(dense(3))
    line = refusal(with_weights, model)
    assert line.startswith("model.path: holds no weights of Keras (")
    assert refusal(with_weights, {"_target_": "keras.layers.Flatten"}) == (
        "model.model: must be a model of Keras. Received: Flatten"
    )


# --- files of strangers


def attack(change):
    """The content of a weight file that somebody has changed."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        variables = file.create_group("layers/dense/vars")
        variables.attrs["name"] = "dense"
        change(file, variables)
    return content.getvalue()


def virtual(_, variables):
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "x", (4, 3))
    variables.create_virtual_dataset("0", layout)


def huge(_, variables):
    variables.create_dataset("0", (10**7, 100), "f4", chunks=(1000, 100), compression="gzip")


def circle(file, _):
    file["layers/again"] = file["layers"]


ATTACKS = {
    "external link": (
        lambda _, v: v.__setitem__("0", h5py.ExternalLink("secret.h5", "/x")),
        "holds a link to elsewhere: '0'",
    ),
    "soft link": (
        lambda _, v: v.__setitem__("0", h5py.SoftLink("/layers")),
        "holds a link to elsewhere: '0'",
    ),
    "external array": (
        lambda _, v: v.create_dataset("0", (4, 3), "f4", external=[("secret", 0, 48)]),
        "holds an array that is not in the file: '0'",
    ),
    "virtual array": (virtual, "holds an array that is not in the file: '0'"),
    "texts": (
        lambda _, v: v.create_dataset("0", data=["a"]),
        "holds an array that is not in the file: '0'",
    ),
    "array without content": (huge, "must hold at most 100000 arrays, and at most 10 times"),
    "layer without a name": (
        lambda _, v: v.attrs.__delitem__("name"),
        "does not name its layers, as files of an older Keras do not",
    ),
    "circle": (circle, "holds one group in two places"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_file_of_weights_only_holds_weights(name):
    change, rule = ATTACKS[name]
    content = attack(change)
    assert refusal(WeightFile.read, content, "model.path").startswith(f"model.path: {rule}")
    keras.Sequential([keras.Input((4,)), layers.Dense(3)]).save("m.keras")
    rewrite(weights=content)
    assert refusal(load, path="m.keras").startswith(f"model.path: {rule}")


# --- frozen layers


GRU = layer("Bidirectional", layer=layer("GRU", units=2), trainable=False)
FROZEN = {
    "layer": (dense(4, trainable=False), (4,)),
    "sequence": (sequence(dense(3), dense(4), trainable=False), (4,)),
    "sequence with an input": (
        sequence({"_target_": "keras.Input", "shape": [4]}, dense(4), trainable=False),
        (4,),
    ),
    "sequence in a sequence": (sequence(sequence(dense(4)), trainable=False), (4,)),
    "wrapper": (sequence(layer("Reshape", target_shape=[2, 2]), GRU), (4,)),
    "graph": (
        {
            "_target_": "runner.models.graph",
            "inputs": {"x": {"shape": [4]}},
            "nodes": {"a": {"layer": dense(4), "from": "x"}},
            "outputs": "a",
            "trainable": False,
        },
        (4,),
    ),
}


@pytest.mark.parametrize("name", FROZEN)
@pytest.mark.parametrize("in_graph", [False, True])
def test_frozen_weights_stay_and_others_do_not(name, in_graph):
    part, shape = FROZEN[name]
    node = sequence(part, dense(2))
    if in_graph:
        nodes = {"part": {"layer": part, "from": "x"}, "end": {"layer": dense(2), "from": "part"}}
        inputs = {"x": {"shape": list(shape)}}
        node = {"_target_": "runner.models.graph", "inputs": inputs, "nodes": nodes}
        node["outputs"] = "end"
    model = instantiate_node(node, "model")
    if not model.built:
        model.build((None, *shape))
    finish_model(model, node)
    before = [each.numpy() for each in model.weights]
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(X, X[:, :2] + 1, verbose=0)
    same = [np.array_equal(a, b) for a, b in zip(before, model.weights, strict=True)]
    assert same[:-2] == [True] * (len(same) - 2)
    assert same[-2:] == [False, False]


def test_a_model_that_declares_nothing_frozen_is_left_as_keras_made_it():
    """Code of the user's gets what a plain script gets."""
    inner = keras.Sequential([layers.Dense(3)], trainable=False)
    model = keras.Sequential([inner, layers.Dense(2)])
    model.build((None, 4))
    finish_model(model, {"_target_": "mine.build"})
    assert len(model.trainable_variables) == 4


# --- models that come with Keras


def test_a_model_of_keras_without_weights_is_built(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    name = "keras.applications.MobileNetV2"
    small = {"input_shape": [32, 32, 3], "classes": 3, "alpha": 0.35}
    model = instantiate_node({"_target_": name, "weights": None, **small}, "model")
    assert model.output_shape == (None, 3)
    node = {"layer": {"_target_": name, "weights": None, **small}, "from": "x"}
    graph = {
        "_target_": "runner.models.graph",
        "inputs": {"x": {"shape": [32, 32, 3]}},
        "nodes": {"mobile": node},
        "outputs": "mobile",
    }
    model = instantiate_node(graph, "model")
    assert all(each.path.startswith("mobile/") for each in model.variables)
    alias = {"_target_": "keras.applications.mobilenet_v2.MobileNetV2", "weights": None}
    assert "is not among the names" in refusal(instantiate_node, alias, "model")
