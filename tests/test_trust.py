"""What configs of strangers may not do: each line of docs/threats.md, through the command line."""

from __future__ import annotations

import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path

import keras
import pandas as pd
import pytest
from conftest import APPS
from hydra._internal.utils import _locate

from runner.errors import ConfigError
from runner.manifest import Manifest, write_manifest
from runner.record import LOG
from runner.trust.identity import check_identity, identify
from runner.trust.names import VARIABLE, is_trusted, needs_no_trust, take_option
from runner.trust.sizes import MAX_DEPTH, MAX_VALUES, check_expansion, check_yaml
from runner.visible import HIDDEN

ROOT = Path(__file__).resolve().parent.parent

MARKER = "MARKER"
"""A file that the code of the stranger makes when it runs, or is imported."""

PAYLOAD = f"""
from pathlib import Path
Path({MARKER!r}).touch()
def build(*_, **__):
    return None
class Evil:
    pass
"""

GLOBAL = "# @package _global_\n"
CHOSEN = "--config-dir=evil experiment=x"
SECRET = "hunter2-hunter2"

SAYS_TO_HYDRA = "is not for a config file to say"
NO_TRUST = "is not among the names that a config may use without trust. Received: "
UNTRUSTED = "package payload is not trusted. Received: payload"
TRUST_IT = ". Run with --trust payload if you trust this code to run here"


@dataclass(frozen=True)
class Attack:
    """What a stranger wrote, how somebody runs it, and the answer."""

    files: dict[str, str]
    line: str
    """How the one line on stderr begins."""
    arguments: str = CHOSEN
    environment: dict[str, str] = field(default_factory=dict)


def experiment(text: str, line: str, more: str = "", files: dict | None = None, **env: str):
    """An attack by an experiment file; `more` are further arguments."""
    content = {"evil/experiment/x.yaml": GLOBAL + text, **(files or {})}
    return Attack(content, line, f"{CHOSEN} {more}", env)


def layer(text: str, key: str, rule: str) -> Attack:
    """An attack by a layer of a model, at `model.layers[0]` followed by `key`."""
    model = f"model:\n  _target_: keras.Sequential\n  layers:\n    - {text}\n"
    return experiment(model, f"model.layers[0]{key}: {rule}")


def source(target: str, rule: str, arguments: str = "") -> Attack:
    text = f"data:\n  source: {{_target_: {target}{arguments}}}\n"
    return experiment(text, f"data.source._target_: {rule}")


def said(text: str, key: str, more: str = "", files: dict | None = None) -> Attack:
    """An attack by what a file says to Hydra."""
    return experiment(f"hydra:\n  {text}\n", f"hydra.{key}: {SAYS_TO_HYDRA}", more, files)


def primary(text: str, line: str, more: str = "", files: dict | None = None) -> Attack:
    """An attack by a config that takes the place of ours."""
    arguments = f"--config-dir=evil --config-name=mine {more}"
    return Attack({"evil/mine.yaml": text, **(files or {})}, line, arguments)


def expand_aliases(levels: int) -> str:
    lines = ["a0: &a0 [" + ",".join("x" * 10) + "]"]
    lines += [f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * 10) + "]" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


def expand_references(levels: int, reference: str) -> str:
    lines = ["task:", "  params:", "    a0: xxxxxxxxxx"]
    for level in range(1, levels):
        lines.append(f"    a{level}: '" + reference.format(level - 1) * 10 + "'")
    return "\n".join(lines) + "\n"


COMMAND = "defaults: [{override /task: command}]\ntask:\n  outputs: [a.npy]\n  command: "
NPZ = "defaults: [{override /data: npz}]\ndata:\n  units: 2\n  source:\n    path: "
OUTSIDE = "may only name files below the current directory. Received: "
FILE = "WORK/evil/experiment/x.yaml: "
DICTIONARY = "describes an object that a config may not use without trust. Received: "
KERAS_CV = "{module: keras_cv, class_name: Evil, config: {}}"
EVIL_MODULE = {"evil/data/evil.yaml": "_target_: payload.build\n"}

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
    "part of ours": source("runner.worker.kill_group", NO_TRUST + "runner.worker.kill_group"),
    "Lambda": layer("{_target_: keras.layers.Lambda, function: x}", "._target_", NO_TRUST),
    "TFSMLayer": layer("{_target_: keras.layers.TFSMLayer, filepath: x}", "._target_", NO_TRUST),
    "deserialize": source("keras.layers.deserialize", NO_TRUST),
    "from_config": source("keras.Model.from_config", NO_TRUST),
    "load_model": source("keras.saving.load_model", NO_TRUST),
    "models.load_model": source("keras.models.load_model", NO_TRUST),
    "get_file": source("keras.utils.get_file", NO_TRUST, ", origin: 'http://localhost/x'"),
    "get_method": source("hydra.utils.get_method", "package hydra is not trusted"),
    "instantiate": source("hydra.utils.instantiate", "package hydra is not trusted"),
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
        "task.environment: must not set what is trusted. Received: RUNNER_TRUST",
        RUNNER_TRUST="python",
    ),
}  # fmt: skip
"""Programs that a config names."""

LOGGING = "{handlers: {x: {(): payload.build}}, root: {handlers: [x]}}"

SETTINGS = {
    "callback": said("callbacks: {x: {_target_: payload.build}}", "callbacks"),
    "no check": said("callbacks: null", "callbacks"),
    "job_logging": said(f"job_logging: {LOGGING}", "job_logging"),
    "hydra_logging": said(f"hydra_logging: {LOGGING}", "hydra_logging"),
    "launcher": said("launcher: {_target_: payload.Evil}", "launcher", "-m"),
    "launcher's preload": said("launcher: {preload: [payload]}", "launcher", "-m"),
    "sweeper": said("sweeper: {_target_: payload.Evil}", "sweeper._target_", "-m"),
    "environment": said("job: {env_set: {RUNNER_TRUST: payload}}", "job"),
    "copied environment": said("job: {env_copy: [HOME]}", "job"),
    "working directory": said("job: {chdir: true}", "job"),
    "everything": experiment("hydra: ${x}\nx: 1\n", f"hydra: {SAYS_TO_HYDRA}"),
    "header": Attack(
        {"evil/experiment/x.yaml": "# @package hydra.callbacks.x\n_target_: payload.build\n"},
        f"hydra.callbacks: {SAYS_TO_HYDRA}. Received: experiment/x.yaml",
    ),
    "package": experiment(
        "defaults: [{/data@hydra.callbacks.x: evil}]\n",
        f"hydra.callbacks: {SAYS_TO_HYDRA}. Received: data/evil.yaml", files=EVIL_MODULE,
    ),
    "swept callback": experiment(
        "hydra:\n  sweeper:\n    params: {+hydra.callbacks.x._target_: payload.build}\n",
        f"hydra.callbacks.x._target_: {SAYS_TO_HYDRA}", "-m",
    ),
    "file of a launcher": Attack(
        {"evil/hydra/launcher/mine.yaml": "_target_: payload.Evil\n"},
        f"hydra/launcher: {SAYS_TO_HYDRA}", "hydra/launcher=mine --config-dir=evil -m",
    ),
    "file over our launcher": Attack(
        {"evil/hydra/launcher/runner.yaml": "_target_: payload.Evil\n"},
        f"hydra/launcher: {SAYS_TO_HYDRA}", "--config-dir=evil -m",
    ),
    "file over Hydra's own": Attack(
        {"evil/hydra/config.yaml": "callbacks: {x: {_target_: payload.build}}\n"},
        f"hydra: {SAYS_TO_HYDRA}", "--config-dir=evil",
    ),
    "file over the schema": Attack(
        {"evil/schema.yaml": "model: {_target_: payload.build}\n"},
        "defaults: no file may take the place of the schema", "--config-dir=evil",
    ),
    "chosen launcher": primary(
        "defaults: [config, {override hydra/launcher: mine}]\n", f"hydra/launcher: {SAYS_TO_HYDRA}",
        "-m", {"evil/hydra/launcher/mine.yaml": "_target_: payload.Evil\n"},
    ),
    "primary's search path": primary(
        "defaults: [config]\nhydra:\n  searchpath: ['pkg://payload']\n",
        f"hydra.searchpath: {SAYS_TO_HYDRA}",
    ),
    "primary's callback": primary(
        "defaults: [config]\nhydra:\n  callbacks: {x: {_target_: payload.build}}\n",
        f"hydra.callbacks: {SAYS_TO_HYDRA}",
    ),
    "primary without the schema": primary(
        "model: {_target_: payload.build}\n", "--config-name: must be built on ours"
    ),
    "primary without the check": primary(
        "defaults: [schema, {model: mlp}, {data: article}, _self_]\ndata: {preload: [payload]}\n",
        "--config-name: must be built on ours",
    ),
    "other directory": Attack(
        {"evil/config.yaml": "hydra:\n  callbacks: {x: {_target_: payload.build}}\n"},
        f"hydra.callbacks: {SAYS_TO_HYDRA}", "--config-path=WORK/evil",
    ),
    "typed trust": Attack(
        {}, "hydra.job.env_set: must not set what is trusted",
        "+hydra.job.env_set.RUNNER_TRUST=payload",
    ),
    "pickle": Attack(
        {"evil.pickle": "cbuiltins\nexec\n(S'open(\"MARKER\", \"w\")'\ntR."},
        "--experimental-rerun: reads a pickle", "--experimental-rerun evil.pickle",
    ),
    "plugin here": Attack(
        {"hydra_plugins/evil.py": PAYLOAD},
        "hydra_plugins: the current directory has code that would run at once", "--cfg job",
    ),
}  # fmt: skip
"""What files say to Hydra, which makes what it is told."""

PLACES = {
    "run": said("run: {dir: ../MARKER}", "run.dir"),
    "run, whole": said("run: {dir: WORK/MARKER}", "run.dir"),
    "run, home": said("run: {dir: ~/MARKER}", "run.dir"),
    "run, by the time": said("run: {dir: 'outputs/${now:../../MARKER}'}", "run.dir"),
    "run, elsewhere": said("run: {dir: conf/MARKER}", "run.dir"),
    "sweep": said("sweep: {dir: ../MARKER}", "sweep.dir", "-m"),
    "jobs": said("sweep: {subdir: '../../../../MARKER${hydra.job.num}'}", "sweep.subdir", "-m"),
    "swept": experiment(
        "hydra:\n  sweeper:\n    params: {hydra.sweep.subdir: ../../../../MARKER}\n",
        f"hydra.sweep.subdir: {SAYS_TO_HYDRA}", "-m",
    ),
    "config files": said("output_subdir: ../../../../MARKER", "output_subdir"),
    "jobs, by a typed name": experiment(
        "task: {params: {name: ../../../../MARKER}}\n",
        "hydra.sweep.subdir: must stay where it is, whatever the config says",
        "'hydra.sweep.subdir=${task.params.name}' -m",
    ),
    "jobs, by typed overrides": experiment(
        "hydra:\n  sweeper:\n    params: {+task.params.x: ../../../../../MARKER}\n",
        "hydra.sweep.subdir: must stay where it is, whatever the config says",
        "'hydra.sweep.subdir=${hydra.job.override_dirname}' -m",
    ),
    "outputs of a program": experiment(
        COMMAND + "[python]\n  metrics: [../a.json]\n",
        "task.metrics[0]: must be below the command's working directory", RUNNER_TRUST="python",
    ),
    "data": experiment(NPZ + "../x.npz\n", f"data.source.path: {OUTSIDE}../x.npz"),
    "data, whole": experiment(NPZ + "/x.npz\n", f"data.source.path: {OUTSIDE}/x.npz"),
    "data, by the environment": experiment(
        NPZ + "${oc.env:PLACE}/x.npz\n", f"data.source.path: {OUTSIDE}${{oc.env:PLACE}}/x.npz",
        PLACE="/elsewhere",
    ),
    "table": experiment(
        "defaults: [{override /data: csv}]\n"
        "data: {units: 2, source: {path: a.csv, target: y, test_path: ../x.csv}}\n",
        f"data.source.test_path: {OUTSIDE}../x.csv",
    ),
    "one file of many": experiment(
        "defaults: [{override /data: tfrecord}]\n"
        "data: {units: 2, source: {path: [a, 'gs://evil/x'], test_path: b, features: {}}}\n",
        f"data.source.path: {OUTSIDE}gs://evil/x",
    ),
    "code of a data set": experiment(
        "defaults: [{override /data: tfds}]\ndata: {units: 2, source: {name: 'kaggle:x/y'}}\n",
        "data.source.name: must be a data set that tensorflow-datasets has",
    ),
    "files that run code": experiment(
        "defaults: [{override /data: tfds}]\n"
        "data: {units: 2, source: {name: mnist, data_dir: here}}\n",
        "data.source.data_dir: names files that can run code. Received: here",
    ),
    "another sweep": experiment(
        "resume: ../other\n", "resume: is not for a config file to say. Received: ../other", "-m"
    ),
    "vocabulary": layer(
        "{_target_: keras.layers.StringLookup, vocabulary: /etc/passwd}", ".vocabulary", OUTSIDE
    ),
    "config": experiment(
        "defaults: [{/model: ../../outside}]\n", "defaults: a file must be in the directory",
        files={"outside.yaml": "x: 1\n"},
    ),
    "config, whole": experiment(
        "defaults: [/WORK/outside]\n", "defaults: a file must be in the directory",
        files={"outside.yaml": "x: 1\n"},
    ),
}  # fmt: skip
"""Files that a config names, to write and to read."""

SIZES = {
    "aliases": experiment(expand_aliases(9), f"{FILE}must have at most {MAX_VALUES} values"),
    "depth": experiment(
        "data:\n  source: " + "[" * 300 + "]" * 300 + "\n",
        f"{FILE}nests lists and mappings over {MAX_DEPTH} deep",
    ),
    "depth by aliases": experiment(
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 190)),
        f"{FILE}nests lists and mappings",
    ),
    "open brackets": experiment("x: " + "[" * 900_000, f"{FILE}nests lists and mappings"),
    "bytes": experiment("#" * 1_000_001, f"{FILE}must have at most 1000000 bytes"),
    "interpolations": experiment(
        expand_references(12, "${{task.params.a{}}}"),
        "task.params.a6: must resolve to at most 10000000 characters",
    ),
    "relative interpolations": experiment(
        expand_references(12, "${{.a{}}}"), "task.params.a6: must resolve to at most"
    ),
    "defaults": experiment(
        "defaults: [{/g@task.params.p: a0}]\n", "defaults: put together too many files",
        files={
            "evil/g/a8.yaml": "x: 1\n",
            **{
                f"evil/g/a{i}.yaml":
                "defaults: [" + ",".join(f"{{/g@p{k}: a{i + 1}}}" for k in range(10)) + "]\n"
                for i in range(8)
            },
        },
    ),
    "range": Attack(
        {}, "sweep: must have at most 10000 configurations. Received: 999999999. The most come"
        " from seed.value=range(1,1000000000)", "seed.value=range(1,1000000000) -m",
    ),
    "range of a file": experiment(
        "hydra:\n  sweeper:\n    params: {seed.value: 'shuffle(range(1,1000000000))'}\n",
        "sweep: must have at most 10000 configurations. Received: 999999999", "-m",
    ),
    "range without an end": Attack(
        {}, "sweep: must have at most 10000 configurations. Received: 1000000000",
        "train.optimizer.learning_rate=range(0,1,1e-9) -m",
    ),
    "product": Attack(
        {}, "sweep: must have at most 10000 configurations. Received: 39601",
        "seed.value=range(1,200) train.epochs=range(1,200) -m",
    ),
    "linted": Attack(
        {}, "sweep: must have at most 10000 configurations", "lint seed.value=range(1,1000000000)"
    ),
    "replicates": experiment(
        "replicates: 1000000000\n", "sweep: must have at most 100000 runs. Received: 1000000000",
        "-m",
    ),
}  # fmt: skip
"""Small files that would become large."""

SECRETS = {
    "wrong type": experiment(
        "replicates: ${oc.env:SECRET}\n",
        "replicates: must be a whole number. Received: ${oc.env:SECRET}", SECRET=SECRET,
    ),
    "wrong choice": experiment(
        "seed:\n  vary: ${oc.env:SECRET}\n",
        "seed.vary: must be all or a list of data, split, init, order, augment, dropout."
        " Received: ${oc.env:SECRET}", SECRET=SECRET,
    ),
    "checked claim": experiment(
        "claims: [{text: x, digest: '${oc.env:SECRET}'}]\n",
        "claims[0].digest: must not come from the environment, as it is stored."
        " Received: ${oc.env:SECRET}", SECRET=SECRET,
    ),
}  # fmt: skip
"""Values of the environment that would be shown."""

ATTACKS = {
    f"{kind}: {name}": attack
    for kind, attacks in (
        ("names", NAMES), ("reaches", REACHES), ("programs", PROGRAMS), ("settings", SETTINGS),
        ("places", PLACES), ("sizes", SIZES), ("secrets", SECRETS),
    )
    for name, attack in attacks.items()
}  # fmt: skip

LINTED = {
    name: attack
    for name, attack in ATTACKS.items()
    if attack.arguments.strip() == CHOSEN and VARIABLE not in attack.environment
}
"""Those that one file does, of which `lint` reads any number at once."""

SAMPLE = (
    "names: model", "names: resolved twice", "names: function", "names: preload",
    "reaches: Lambda", "reaches: dictionary", "places: data", "sizes: aliases",
    "secrets: wrong type",
)  # fmt: skip
"""Those of them that a run is tried with as well. The others differ in what they name."""

RUN = {
    name: attack
    for name, attack in ATTACKS.items()
    if name not in LINTED or name in SAMPLE or name.startswith(("settings: ", "places: run"))
}
"""Hydra only acts on what it is told when something is to run."""


@dataclass(frozen=True)
class Answer:
    """How a command ended, and the files that it made."""

    status: int
    out: str
    err: str
    made: list[str]
    work: Path


def write(work: Path, files: dict[str, str]) -> None:
    for name, text in {"payload.py": PAYLOAD, **files}.items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("WORK", str(work)))
        path.chmod(0o755)


def start(work: Path, arguments: str, **environment: str) -> Answer:
    """Run the command line, trusting nothing, and look for what it made, also beside `work`."""
    before = set(work.parent.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-m", "runner", *shlex.split(arguments.replace("WORK", str(work)))],
        cwd=work,
        capture_output=True,
        text=True,
        timeout=100,
        stdin=subprocess.DEVNULL,
        env={**os.environ, VARIABLE: "", "HOME": str(work.parent), **environment},
        check=False,
    )
    made = {os.path.relpath(path, work) for path in set(work.parent.rglob("*")) - before}
    return Answer(done.returncode, done.stdout, done.stderr, sorted(made), work)


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, Answer]:
    """Each attack's answer; two at a time."""

    def answer(attack: Attack) -> Answer:
        work = tmp_path_factory.mktemp("attack") / "work"
        write(work, attack.files)
        return start(work, attack.arguments, **attack.environment)

    with ThreadPoolExecutor(2) as two:
        return dict(zip(RUN, two.map(answer, RUN.values()), strict=True))


@pytest.mark.parametrize("name", RUN)
def test_an_attack_gets_one_line_and_leaves_nothing(answers, name):
    answer = answers[name]
    assert answer.err.startswith(ATTACKS[name].line.replace("WORK", str(answer.work))), answer.err
    assert answer.err.count("\n") == 1
    assert (answer.status, answer.out) == (2, "")
    assert answer.made == []
    assert SECRET not in answer.err


@pytest.fixture(scope="module")
def linted(tmp_path_factory) -> tuple[Answer, dict[str, str]]:
    """The answer to the files of all attacks in one directory, and the line on each."""
    work = tmp_path_factory.mktemp("attacks") / "work"
    environment = {}
    for number, attack in enumerate(LINTED.values()):
        files = {name.replace("/x.yaml", f"/x{number}.yaml"): t for name, t in attack.files.items()}
        write(work, files)
        environment |= attack.environment
    answer = start(work, "lint --config-dir=evil", **environment)
    lines = [line.partition(": ") for line in answer.err.splitlines()]
    said = {place.removeprefix("evil/experiment/"): text for place, _, text in lines}
    return answer, {name: said.get(f"x{i}.yaml", answer.err) for i, name in enumerate(LINTED)}


def test_lint_runs_nothing(linted):
    answer, _ = linted
    assert (answer.status, answer.made) == (2, [])
    assert SECRET not in answer.err + answer.out


@pytest.mark.parametrize("name", LINTED)
def test_lint_says_the_same(linted, name):
    answer, lines = linted
    expected = LINTED[name].line.replace("WORK", str(answer.work)).replace("/x.yaml", "/x")
    assert re.sub(r"x\d+\.yaml", "x", lines[name]).startswith(expected.replace("x.yaml", "x"))


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


def test_what_comes_from_the_environment_is_stored_as_its_name(tmp_path):
    work = tmp_path / "work"
    write(work, {})
    answer = start(
        work,
        "data=npz 'data.source.path=${oc.env:SECRET}' data.units=2 replicates=1"
        " '+task.params.key=${oc.env:SECRET}'"
        " 'claims=[{text:\"it is ${oc.env:SECRET}\",across_runs:same}]' -m",
        SECRET=SECRET,
    )
    assert answer.status == 1
    error = "data.source.path: must be an .npz file. Received: ${oc.env:SECRET}"
    (record,) = work.glob("outputs/*/*/0/record.json")
    stored = json.loads(record.read_text())
    assert stored["error"] == error
    assert stored["claims"][0]["text"] == "it is ${oc.env:SECRET}"
    assert SECRET not in answer.out + answer.err
    for path in (each for each in work.glob("outputs/**/*") if each.is_file()):
        # What a run prints is its own.
        assert path.name == LOG or SECRET.encode() not in path.read_bytes(), path


def test_what_a_dying_run_printed_is_stored_without_it(tmp_path):
    work = tmp_path / "work"
    dying = """
import os
def train(config, seeds):
    print(config.task.params.key, flush=True)
    os._exit(3)
"""
    write(work, {"dying.py": dying})
    answer = start(
        work,
        "task=function task.function=dying.train '+task.params.key=${oc.env:SECRET}' replicates=1"
        " replays=0 -m --trust dying",
        SECRET=SECRET,
    )
    assert answer.status == 1
    (record,) = work.glob("outputs/*/*/0/record.json")
    assert SECRET in record.with_name(LOG).read_text()
    assert json.loads(record.read_text())["error"].endswith("\n${oc.env:SECRET}")
    assert SECRET not in answer.out + answer.err


# --- what a terminal would obey


def test_control_characters_are_shown_and_not_sent(tmp_path):
    claim = GLOBAL + r'claims: [{text: "\e]0;own\a", %s}]' + "\n"
    files = {"bad": claim % r'verdict: "\e[2J\u202e"', "good": claim % "across_runs: same"}
    write(tmp_path / "work", {f"evil/experiment/{name}.yaml": files[name] for name in files})
    for name, end in (("bad", "\ufffd[2J\ufffd"), ("good", "\ufffd]0;own")):
        answer = start(
            tmp_path / "work",
            f"experiment={name} model=linear data=article train.epochs=0 builds=1 calls=1"
            " replicates=2 -m --config-dir=evil",
        )
        said = answer.out + answer.err
        assert end in said
        assert set(said) & (set(map(chr, HIDDEN)) - {"\n", "\t"}) == set()


# --- command lines that others typed


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("+hydra.callbacks.x._target_=payload.build -m", "hydra.callbacks.x._target_: is not"),
        ("hydra.searchpath=[pkg://payload] -m", "hydra.searchpath: is not for"),
        ("--config-path=pkg://payload -m", "--config-path: is not for a config file to say"),
        ("data=npz data.source.path=/x.npz data.units=2 -m", "data.source.path: may only"),
        ("--trust payload model._target_=payload.build -m", "--trust: is not an option"),
    ],
)
def test_a_plan_that_is_resumed_is_no_command_line(tmp_path, command, line):
    work = tmp_path / "work"
    write(work, {})
    arguments = shlex.split(command)
    overrides = [each for each in arguments if "=" in each and not each.startswith("-")]
    (work / "sweep").mkdir()
    blank = {each.name: {} if "dict[" in each.type[:5] else [] for each in fields(Manifest)}
    given = {"command": arguments, "overrides": overrides, "started_in": str(work)}
    write_manifest(work / "sweep", Manifest(**{**blank, **given}))
    answer = start(work, "resume sweep")
    assert answer.err.startswith(line)
    assert answer.err.count("\n") == 1
    assert (answer.status, answer.made) == (2, [])


# --- with trust


@pytest.mark.parametrize("place", ["--trust payload lint {}", "lint --trust=payload {}", "lint {}"])
def test_a_package_is_trusted_for_a_lint_that_runs_nothing(tmp_path, place):
    write(tmp_path / "work", {})
    trust = {} if "--trust" in place else {VARIABLE: "other, payload"}
    answer = start(tmp_path / "work", place.format("model._target_=payload.build"), **trust)
    assert (answer.status, answer.err, answer.made) == (0, "", [])


def test_trust_in_hydra_lets_files_say_what_it_does(tmp_path):
    attack = ATTACKS["settings: callback"]
    write(tmp_path / "work", attack.files)
    answer = start(tmp_path / "work", f"--trust hydra {attack.arguments} replicates=0")
    assert answer.err.endswith("replicates: must be at least 1. Received: 0\n")
    assert MARKER in answer.made  # by the callback, which is made before the config is checked


@pytest.mark.parametrize(
    "arguments",
    [
        "lint data=npz data.source.path=../x.npz data.units=2",
        "lint --config-dir=evil experiment=x --trust ../",
    ],
)
def test_files_elsewhere_may_be_typed_or_trusted(tmp_path, arguments):
    write(tmp_path / "work", ATTACKS["places: data"].files)
    answer = start(tmp_path / "work", arguments)
    assert (answer.status, answer.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "left", "names"),
    [
        (["a=1", "--trust", "p", "-m"], ["a=1", "-m"], {"p"}),
        (["--trust=p,q", "--trust", "r, s"], [], {"p", "q", "r", "s"}),
        (["--trusty", "a=--trust"], ["--trusty", "a=--trust"], set()),
    ],
)
def test_trust_is_taken_out_of_the_command_line(monkeypatch, arguments, left, names):
    monkeypatch.setenv(VARIABLE, "kept")
    assert take_option(arguments) == left
    assert set(os.environ[VARIABLE].split(",")) == {"kept", *names}


@pytest.mark.parametrize(
    "arguments", [["--trust"], ["--trust="], ["--trust", "-m"], ["--trust=a,"]]
)
def test_trust_must_name_something(arguments):
    with pytest.raises(ConfigError, match="--trust: must name a package"):
        take_option(arguments)


# --- names and what they lead to


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
    assert identify(_locate(name), name) == identity


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


# --- sizes


def test_what_is_just_small_enough_passes(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    check_yaml(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not text in UTF-8"):
        check_yaml(path)
    path.write_text("x: [" + "1, " * (MAX_VALUES - 3) + "]")
    check_yaml(path)
    path.write_text("x: [" + "1, " * (MAX_VALUES - 2) + "]")
    with pytest.raises(ConfigError, match="must have at most 20000 values"):
        check_yaml(path)


def test_a_chain_of_interpolations_is_no_bomb():
    check_expansion({"a0": "x", **{f"a{i}": f"${{a{i - 1}}}" for i in range(1, 50)}})
    check_expansion({"a": {"b": ["${a.c}", "${..c}"], "c": "${a.c}"}})  # OmegaConf says so itself
    with pytest.raises(ConfigError, match="must resolve to at most"):
        check_expansion({"a": {"x": "1" * 4_000_000}, "b": ["${a}", "${a}"], "c": "${b}${b[0]}"})
    with pytest.raises(ConfigError, match="refers through too many other keys"):
        check_expansion({"a0": "x", **{f"a{i}": f"${{a{i - 1}}}" for i in reversed(range(1, 900))}})
    with pytest.raises(ConfigError, match="interpolations inside of interpolations"):
        check_expansion({"a": "${b.${c}}" * 21})


def test_a_lock_is_no_bomb(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    write(tmp_path / "work", {"runner.lock.yaml": "format: 1\n" + "\n".join(lines) + "\n"})
    answer = start(tmp_path / "work", "check")
    assert answer.status == 2
    assert answer.err.endswith("must have at most 5000000 values, with its aliases written out\n")
    assert answer.err.count("\n") == 1


# --- the page


def test_every_line_of_the_page_has_its_test_and_every_attack_its_line():
    page = (ROOT / "docs" / "threats.md").read_text("utf-8")
    table = page.partition("## What is stopped")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and "`" in line]
    named = [re.findall(r"`([^`]+)`", line.rpartition(" | ")[2]) for line in rows]
    assert rows
    assert all(named)
    listed = {name for names in named for name in names}
    functions = {name for name in globals() if name.startswith("test_")}
    assert listed <= {*ATTACKS, *functions}
    assert set(ATTACKS) <= listed
