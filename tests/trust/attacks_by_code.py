"""Code and programs that a config names, and code that trusted code could be led to."""

from __future__ import annotations

from attacking import COMMAND, FILE, GLOBAL, PAYLOAD, Attack, experiment, layer

NO_TRUST = "is not among the names that a config may use without trust. Received: "
UNTRUSTED = "package payload is not trusted. Received: payload"
TRUST_IT = ". Run with --trust payload if you trust this code to run here"
OURS = "runner.processes.warm_parent"
DICTIONARY = "describes an object that a config may not use without trust. Received: "
KERAS_CV = "{module: keras_cv, class_name: Evil, config: {}}"


def source(target: str, rule: str, arguments: str = "") -> Attack:
    text = f"data:\n  source: {{_target_: {target}{arguments}}}\n"
    return experiment(text, f"data.source._target_: {rule}")


VGG = "keras.applications.VGG16"


def application(text: str, rule: str) -> Attack:
    """An attack by a model that comes with Keras."""
    model = f"defaults: [{{override /model: null}}]\nmodel:\n  _target_: {VGG}\n  {text}\n"
    return experiment(model, f"model.{rule}")


NAMES = {
    "model": experiment(
        "model:\n  _target_: payload.build\n", f"model._target_: {UNTRUSTED}.build{TRUST_IT}"
    ),
    "module here": Attack({}, f"model._target_: {UNTRUSTED}", "model._target_=payload.build"),
    "data": source("payload.build", f"{UNTRUSTED}.build{TRUST_IT}"),
    "program": source("os.system", "package os is not trusted", ", command: touch MARKER"),
    "optimizer": experiment(
        "train:\n  optimizer: {_target_: subprocess.Popen, _args_: [[touch, MARKER]]}\n",
        "train.optimizer._target_: package subprocess is not trusted",
    ),
    "metric": experiment(
        "train:\n  metrics: [{_target_: pathlib.Path.touch, _args_: [MARKER]}]\n",
        "train.metrics[0]._target_: package pathlib is not trusted",
    ),
    "augmentation": experiment(
        "defaults: [{override /train: augmented}]\n"
        "train:\n  augment:\n    function: {_target_: payload.build}\n",
        f"train.augment.function._target_: {UNTRUSTED}",
    ),
    "unused augmentation": experiment(
        "train:\n  augment:\n    function: {_target_: payload.build}\n",
        f"train.augment.function._target_: {UNTRUSTED}",
    ),
    "parameter": experiment(
        "task:\n  params: {deep: [{_target_: payload.build}]}\n",
        f"task.params.deep[0]._target_: {UNTRUSTED}",
    ),
    "inside a layer": layer(
        "{_target_: keras.layers.Dense, units: 2,"
        " kernel_initializer: {_target_: payload.build, _partial_: true}}",
        ".kernel_initializer._target_", UNTRUSTED,
    ),
    "from the environment": Attack(
        {"evil/experiment/x.yaml": GLOBAL + "data:\n  source: {_target_: '${oc.env:EVIL}'}\n"},
        "data.source._target_: package payload is not trusted",
        environment={"EVIL": "payload.build"},
    ),
    "made by a resolver": layer("'${oc.create:{_target_:payload.build}}'", "._target_", UNTRUSTED),
    "decoded by a resolver": layer(
        "'${oc.decode:\"{_target_:payload.build}\"}'", "._target_", UNTRUSTED
    ),
    "resolved twice": layer(
        "{_target_: keras.layers.Dense, units: 2,"
        " kernel_initializer: '\\${oc.create:{_target_:payload.build}}'}",
        ".kernel_initializer", "must not hold an interpolation as text",
    ),
    "function": experiment(
        "defaults: [{override /task: function}]\ntask:\n  function: payload.build\n",
        f"task.function: {UNTRUSTED}.build",
    ),
    "preload": experiment("data:\n  preload: [payload]\n", f"data.preload[0]: {UNTRUSTED}"),
    "preloaded program": experiment(
        "data:\n  preload: [numpy.f2py.__main__]\n", "data.preload[0]: package numpy is not trusted"
    ),
    "task's preload": experiment("task:\n  preload: [payload]\n", f"task.preload[0]: {UNTRUSTED}"),
    "swept": experiment(
        "hydra:\n  sweeper:\n    params: {model._target_: 'keras.Sequential,payload.build'}\n",
        f"model._target_: {UNTRUSTED}", "-m",
    ),
    "tag": experiment(
        "model: !!python/object/apply:os.system ['touch MARKER']\n", f"{FILE}is not valid YAML"
    ),
}  # fmt: skip
"""Code that a config names."""

REACHES = {
    "alias of Keras": source(
        "keras.src.utils.file_utils.os.system", NO_TRUST + "keras.src.utils", ", command: x"
    ),
    "alias of ours": source("runner.data.np.load", NO_TRUST + "runner.data.np.load"),
    "part of ours": source(f"{OURS}.kill_group", f"{NO_TRUST}{OURS}.kill_group"),
    "Lambda": layer("{_target_: keras.layers.Lambda, function: x}", "._target_", NO_TRUST),
    "TFSMLayer": layer("{_target_: keras.layers.TFSMLayer, filepath: x}", "._target_", NO_TRUST),
    "deserialize": source("keras.layers.deserialize", NO_TRUST),
    "from_config": source("keras.Model.from_config", NO_TRUST),
    "load_model": source("keras.saving.load_model", NO_TRUST),
    "models.load_model": source("keras.models.load_model", NO_TRUST),
    "get_file": source("keras.utils.get_file", NO_TRUST, ", origin: 'http://localhost/x'"),
    "get_method": source("hydra.utils.get_method", "package hydra is not trusted"),
    "instantiate": source("hydra.utils.instantiate", "package hydra is not trusted"),
    "application": application("", "weights: must be null, as any others are downloaded or read"),
    "application's weights": application(
        "weights: imagenet", "weights: must be null, as any others are downloaded or read from a"
        f" file. Received: imagenet. Run with --trust {VGG} if you trust it",
    ),
    "application's file": application("weights: /etc/passwd", "weights: must be null"),
    "application, by position": application(
        "_args_: [true, imagenet]\n  weights: null", "_args_: must be keys instead"
    ),
    "application in a graph": experiment(
        f"defaults: [{{override /model: residual}}]\nmodel:\n  nodes:\n    hidden:\n"
        f"      layer: {{_target_: {VGG}, weights: 'None'}}\n",
        "model.nodes.hidden.layer.weights: must be null",
    ),
    "application as a function": layer(
        "{_target_: keras.layers.Dense, units: 2, activation:"
        " {class_name: function, module: keras.applications, config: VGG16}}",
        ".activation", DICTIONARY,
    ),
    "application's labels": source("keras.applications.vgg16.decode_predictions", NO_TRUST),
    "dictionary": experiment(
        f"train:\n  optimizer: {{class_name: SGD, config: {{learning_rate: {KERAS_CV}}}}}\n",
        f"train.optimizer.config.learning_rate: {DICTIONARY}keras_cv.Evil",
        files={"keras_cv.py": PAYLOAD},
    ),
    "dictionary in a layer": layer(
        f"{{_target_: keras.layers.Dense, units: 2, kernel_initializer: {KERAS_CV}}}",
        ".kernel_initializer", DICTIONARY,
    ),
    "dictionary of a Lambda": layer(
        "{_target_: keras.layers.Dense, units: 2,"
        " activation: {module: keras.layers, class_name: Lambda, config: {}}}",
        ".activation", DICTIONARY + "keras.layers.Lambda",
    ),
    "dictionary of a lambda": layer(
        "{_target_: keras.layers.Activation, activation:"
        " {class_name: __lambda__, config: {value: x}}}", ".activation", DICTIONARY,
    ),
    "dictionary of a registered class": layer(
        "{_target_: keras.layers.Dense, units: 2, kernel_initializer:"
        " {class_name: Zeros, config: {}, registered_name: 'my>Evil'}}",
        ".kernel_initializer", DICTIONARY,
    ),
}  # fmt: skip
"""Code that trusted code could be led to."""

PROGRAMS = {
    "program": experiment(
        COMMAND + "[touch, MARKER]\n",
        "task.command: program touch is not trusted. Received: touch."
        " Run with --trust touch if you trust it to run anything here",
    ),
    "a file of a trusted name": experiment(
        COMMAND + "[python, -c, x]\n", "task.command: program ./python is not trusted",
        files={"python": "#!/bin/sh\ntouch MARKER\n"}, RUNNER_TRUST="python",
    ),
    "trust by its environment": experiment(
        COMMAND + "[python]\n  environment: {RUNNER_TRUST: payload}\n",
        "task.environment: must not set RUNNER_TRUST: only --trust grants trust",
        RUNNER_TRUST="python",
    ),
}  # fmt: skip
"""Programs that a config names."""
