"""Model files of strangers: what they name and how large they are, before Keras sees them."""

from __future__ import annotations

import copy
import io
import json
import zipfile

import pytest
from attacking import MARKER, PAYLOAD, start, write

from runner.errors import ConfigError
from runner.trust import model_files
from runner.trust.model_files import CONFIG, WEIGHTS, check_model_files, read_model_file
from runner.trust.names import VARIABLE

DTYPE = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
DENSE = {
    "module": "keras.layers", "class_name": "Dense", "registered_name": None,
    "config": {"units": 2, "activation": "relu", "dtype": DTYPE, "name": "dense"},
}  # fmt: skip
LAMBDA = {"class_name": "__lambda__", "config": {"value": "x"}}


def sequential(*layers, **more):
    config = {"name": "sequential", "layers": list(layers)}
    return {"module": "keras", "class_name": "Sequential", "config": config, **more}


def described(name, module="keras.layers", config=None, **more):
    return {"module": module, "class_name": name, "config": config or {}, **more}


def dense(**config):
    layer = copy.deepcopy(DENSE)
    layer["config"] |= config
    return layer


def pack(config, files=None, compression=zipfile.ZIP_STORED):
    """A model file that holds a description and no weights."""
    text = config if isinstance(config, str | bytes) else json.dumps(config)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in {CONFIG: text, WEIGHTS: b"", **(files or {})}.items():
            archive.writestr(name, content)
    return packed


def refusal(packed):
    with pytest.raises(ConfigError) as raised:
        read_model_file(packed, "model.path", "m.keras")
    text = str(raised.value)
    assert "\n" not in text
    assert len(text) < 500
    assert text.startswith("model.path: ")
    return text.removeprefix("model.path: ")


@pytest.fixture(autouse=True)
def trust_nothing(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")


# --- what a file names


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (described("Lambda", config={"function": LAMBDA}), "keras.layers.Lambda, which may run"),
        (described("TFSMLayer", config={"filepath": "x"}), "keras.layers.TFSMLayer, which may run"),
        (described("TorchModuleWrapper"), "keras.layers.TorchModuleWrapper, which may run code"),
        (dense(activation=LAMBDA), "__lambda__, which may run code"),
        (dense(activation={**LAMBDA, "module": "keras.layers"}), "keras.layers.__lambda__, which"),
        (described("Evil", "payload"), "payload.Evil, and package payload is not trusted"),
        (described("system", "os"), "os.system, and package os is not trusted"),
        (described("Evil", "keras_hub.layers"), "keras_hub.layers.Evil, and package keras_hub"),
        (described("Evil", None), "Evil, which may run code"),
        ({"class_name": "Evil", "config": {}}, "Evil, which may run code"),
        ({"class_name": "Dense", "config": {}}, "Dense, which may run code"),
        (described("Evil", "payload", registered_name="p>Evil"), "payload.Evil, and package"),
        (
            {**DENSE, "registered_name": "payload>Evil"},
            "keras.layers.Dense, registered as payload>Evil, which a model file may not name",
        ),
        (
            dense(activation=described("function", "payload", "build")),
            "payload.build, and package payload is not trusted",
        ),
        (dense(activation=described("function", "builtins", "get")), "builtins.get, which may run"),
        (
            dense(activation=described("function", "builtins", "load_model")),
            "builtins.load_model, which may run code",
        ),
        (dense(activation=described("function", "keras.utils", "get_file")), "keras.utils.get"),
        (
            dense(activation=described("function", "keras.applications", "VGG16")),
            "keras.applications.VGG16, which a model file may not name",
        ),
        (
            dense(activation=described("function", "builtins", {"deep": 1})),
            '"builtins.{\'deep\': 1}", which may run code',
        ),
        (described("FeatureSpace", "keras.utils"), "keras.utils.FeatureSpace, which a model file"),
        (described("deserialize"), "keras.layers.deserialize, which may run code"),
        (described("Map", "keras.src.ops.core"), "keras.src.ops.core.Map, which a model file may"),
        (described("system", "keras.src.utils.file_utils.os"), "keras.src.utils.file_utils.os."),
        (described("__typespec__", "tensorflow", spec_name="x"), "tensorflow.__typespec__, which"),
        (described(["Dense"]), "keras.layers.['Dense'], which may run code"),
        (described("a\nb" * 999), "'keras.layers.a\\nba\\nb"),
        (
            described("StringLookup", config={"vocabulary": "/etc/passwd"}),
            "a layer that reads a file, with vocabulary /etc/passwd",
        ),
        (described("Anything", config={"path": "x"}), "a layer that reads a file, with path x"),
    ],
)  # fmt: skip
def test_a_model_file_may_only_name_what_computes(layer, said):
    inside = [
        sequential(DENSE, layer),
        sequential(sequential(layer)),
        sequential(described("TimeDistributed", config={"layer": layer})),
        sequential(dense(kernel_initializer={"deep": [[layer]]})),
        layer if isinstance(layer["class_name"], str) else sequential(layer),
        sequential({**DENSE, "build_config": layer}),
    ]
    for config in inside:
        assert f"holds {said}" in refusal(pack(config))


def test_what_needs_trust_says_how_to_give_it():
    line = refusal(pack(sequential(described("Evil", "payload.deep"))))
    assert line.endswith(
        "Received: m.keras. Run with --trust payload if you trust this code to run here"
    )


def test_what_computes_passes():
    layers = [
        DENSE,
        described("Functional", "keras.src.models.functional", registered_name="Functional"),
        described("Add", "keras.src.ops.numpy", registered_name="Add"),
        described("GlorotUniform", "keras.initializers", {"seed": 1}),
        dense(activation=described("function", "builtins", "relu", registered_name="function")),
        dense(activation=described("function", "keras.activations", "gelu")),
        described("StringLookup", config={"vocabulary": ["cat", "dog"]}),
        {"class_name": "__keras_tensor__", "config": {"shape": [None, 2], "dtype": "float32"}},
        {"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "float32"}},
    ]
    read = read_model_file(pack(sequential(*layers)), "model.path", "m.keras")
    assert read.config["config"]["layers"] == layers
    assert read.own_code == ()


def test_trust_covers_own_classes_and_not_what_runs_stored_code(monkeypatch):
    monkeypatch.setenv(VARIABLE, "payload,keras")
    own = described("Block", "payload.deep", registered_name="payload>Block")
    read = read_model_file(pack(sequential(own)), "model.path", "m.keras")
    assert read.own_code == (("payload.deep.Block", "payload>Block"),)
    assert "keras.layers.Lambda, which may run code" in refusal(
        pack(sequential(described("Lambda")))
    )
    assert "__lambda__, which may run code" in refusal(pack(sequential(dense(activation=LAMBDA))))


def test_nothing_is_left_of_how_a_model_was_compiled():
    """Not even what needs trust: Keras never sees it."""
    compiled = {"optimizer": described("Evil", "payload"), "loss": described("Lambda")}
    inner = sequential(DENSE, compile_config=compiled)
    read = read_model_file(
        pack(sequential(inner, compile_config=compiled)), "model.path", "m.keras"
    )
    assert "compile_config" not in json.dumps(read.config)


# --- what a file is


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (io.BytesIO(b"not a zip"), "is no model file of Keras (BadZipFile)"),
        (pack(sequential(), {"../evil": b""}), "holds a file that no model of Keras has: ../evil"),
        (pack(sequential(), {"assets/../../evil": b""}), "holds a file that no model of Keras has"),
        (pack(sequential(), {"/etc/evil": b""}), "holds a file that no model of Keras has"),
        (pack(sequential(), {"model.weights.npz": b""}), "holds a file that no model of Keras has"),
        (pack(sequential(), {"payload.py": b""}), "holds a file that no model of Keras has"),
        (pack("["), "holds a config.json that cannot be read (JSONDecodeError)"),
        (pack(b"\xff"), "holds a config.json that cannot be read (UnicodeDecodeError)"),
        (pack("[" * 100_000), "holds a config.json that cannot be read (RecursionError)"),
        (pack([]), "holds a config.json that describes no model"),
        (pack({"config": 1}), "holds a config.json that describes no model"),
        (
            pack('{"class_name": "__numpy__", "config": ' * 302 + "1" + "}" * 302),
            "holds a config.json nested over 300 deep",
        ),
    ],
)  # fmt: skip
def test_what_is_no_model_file_gets_one_line(packed, said):
    assert refusal(packed).startswith(said)


def test_an_archive_that_grows_when_it_is_unpacked_is_refused():
    bomb = {WEIGHTS: bytes(model_files.FREE_BYTES)}
    line = refusal(pack(sequential(), bomb, zipfile.ZIP_DEFLATED))
    assert line.startswith("must hold at most 1000 files, and at most 10 times as many bytes when")
    many = {f"assets/{number}": b"" for number in range(1000)}
    assert refusal(pack(sequential(), many)).startswith("must hold at most 1000 files")
    read_model_file(pack(sequential(), {WEIGHTS: bytes(1_000_000)}), "model.path", "m.keras")


def test_a_description_of_absurd_size_is_refused(monkeypatch):
    monkeypatch.setattr(model_files, "MAX_CONFIG_BYTES", 1000)
    assert refusal(pack("[" + "1," * 1000 + "1]")).startswith("must hold a config.json of at most")


def test_a_size_that_an_archive_lies_about_does_not_count(monkeypatch):
    """What is read is bounded, whatever the archive says of it."""
    monkeypatch.setattr(model_files, "MAX_CONFIG_BYTES", 1000)
    packed = pack(json.dumps(sequential()) + " " * 5000, None, zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(packed) as archive:
        size = archive.getinfo(CONFIG).file_size
    content = packed.getvalue().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    with pytest.raises(ConfigError, match=r"no model file|cannot be read|at most 1000"):
        read_model_file(io.BytesIO(content), "model.path", "m.keras")


def test_two_descriptions_in_one_file_are_refused():
    packed = pack(sequential())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(CONFIG, json.dumps(sequential(described("Lambda"))))
    assert refusal(packed).startswith("must be a zip archive with one config.json")


def test_files_are_found_wherever_a_model_names_them(tmp_path):
    path = tmp_path / "evil.keras"
    path.write_bytes(pack(sequential(described("Lambda"))).getvalue())
    load = {"_target_": "runner.models.load", "path": str(path)}
    model = {"_target_": "keras.Sequential", "layers": [{"_target_": "keras.Input"}, load]}
    with pytest.raises(
        ConfigError, match=r"^model\.layers\[1\]\.path: holds keras\.layers\.Lambda"
    ):
        check_model_files(model, "model")
    check_model_files({**load, "path": str(tmp_path / "missing.keras")}, "model")


# --- through the command line


@pytest.fixture
def work(tmp_path):
    directory = tmp_path / "work"
    load = "_target_: runner.models.load\npath: {}\n"
    files = {
        "evil/model/inside.yaml": load.format("evil.keras"),
        "evil/model/outside.yaml": load.format("../secret.keras"),
        "evil/model/linked.yaml": load.format("link.keras"),
        "link.keras": "-> ../secret.keras",
        "evil/model/weights.yaml": "_target_: runner.models.with_weights\npath: ../secret.h5\n"
        "model: {_target_: keras.Sequential, layers: []}\n",
        "evil/model/network.yaml": load.format("https://localhost/x.keras"),
        "payload.py": PAYLOAD,
    }
    write(directory, files)
    evil = sequential(DENSE, described("Evil", "payload", registered_name="payload>Evil"))
    for path in (directory / "evil.keras", tmp_path / "secret.keras"):
        path.write_bytes(pack(evil).getvalue())
    return directory


@pytest.mark.process
@pytest.mark.parametrize(
    ("choice", "line"),
    [
        ("inside", "model.path: holds payload.Evil, and package payload is not trusted."),
        ("outside", "model.path: may only name files below the current directory. Received: ../"),
        ("linked", "model.path: may only name files below the current directory. Received: link"),
        ("weights", "model.path: may only name files below the current directory. Received: ../"),
        ("network", "model.path: may only name files below the current directory. Received: http"),
    ],
)
def test_a_model_file_of_a_stranger_gets_one_line_and_leaves_nothing(work, choice, line):
    answer = start(work, f"--config-dir=evil model={choice}")
    assert answer.err.startswith(line), answer.err
    assert answer.err.count("\n") == 1
    assert (answer.status, answer.out, answer.made) == (2, "", [])
    assert MARKER not in answer.made
