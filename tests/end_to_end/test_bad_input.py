"""Command lines and configs that are wrong: one clear line each, and nothing written."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

BAD = """
model=mpl
model=null
model=mlp,linear
model=
modle=mlp
train.epoch=3
+train.epoch=3
+seed.valu=3 -m
hydra.run.dri=x
~train.epochs
+train=default
train=[default,nosuch]

train.epochs=many
train.epochs=null
train.epochs=
train.drop_remainder=maybe
train.pipeline=batch
train.augment=3
isolation=frok
seed.generators=[numpi]

train.epochs=-1
train.epochs=3,-1 -m
replicates=-2
timeout_s=0
seed.value=4294967296

seed=1
seed=1,2,3
seed=1,2,3 -m
seed.value=1,2,3
seed=unset seed.value=1
seed=random seed.value=3 replicates=2 -m

seed=derived seed.scope=call

claims=same
claims=[same]
claims=[{text:it,across_run:same}]
claims=[{text:it,across_runs:sme}] -m
claims=[{text:it,verdict:determinstic}]
claims=[{across_runs:same}]
claims=[{text:it}]
claims=[{text:it,across_runs:same,across_calls:same}]
claims=[{text:it,mean:0.5}]
claims=[{text:it,metric:accuracy,mean:much,within:1}]
claims=[{text:it,metric:accuracy,sd_at_most:-1}]
claims=[{text:it,digest:12}]
claims=[{text:it,metric:accuracy,compatible:3}]
claims=[{text:it,metric:accuracy,compatible:{mean:68,sd:2}}]
claims=[{text:it,metric:accuracy,compatible:{maen:68,sd:2,n:3}}]
claims=[{text:it,compatible:{mean:0.6,sd:0.1,n:3}}]
claims=[{text:it,metric:accuracy,equivalent:{mean:0.6,sd:0.1,n:3}}]
claims=[{text:it,metric:accuracy,equivalent:{range:[0.5,0.6],margin:0.1}}]
claims=[{text:it,metric:accuracy,different:{mean:0.6,sd:0.1,n:3,margin:0.1}}]
claims=[{text:it,metric:accuracy,evaluate:best,compatible:{range:[0,1]}}]
claims=[{text:it,metric:accuracy,evaluate:highest,compatible:{range:[0,1]}}] -m
claims=[{text:it,metric:accuracy,cell:{rwo:a,column:b},compatible:{range:[0,1]}}]
claims=[{text:it,verdict:collapsed,evaluate:final}]
perturb=random_ulp
perturb=random_ulp seed=unset -m

replicates=5,10 -m
replicate=3 -m
replicate=range(3) -m
+repeat=range(3) -m
+try=1,2,3,4 -m
+x=1,1,1 -m
+lr=0.1,0.01 -m
seed.value='${hydra:job.num}' -m
seed='${hydra:job.num}' -m
train.epochs='${hydra:job.num}' -m
ignore=[OBS101]
+ignore.OBS1=x
+ignore.OBS101=
train.epochs=range(1,3)
train.epochs=interval(1,3) -m

data.split.by=tme
data.split.fold=2
data.split.folds=3 data.split.fold=1,2,3 -m
data.split.by=group

train.pipeline=[cache,shufle,batch]
train.pipeline=[augment,batch]
model._target_=nosuch.Model
model._target_=Model
data.source=null
data=npz
train.epochs='${nosuch.key}'
train.epochs='${train.epoch}' -m

--config-dir=nosuch
--config-dir=files train=broken
--config-dir=files train=unknown_key
--config-dir=files train=wrong_type -m
--config-dir=files train=missing_reference
--config-name=nosuch
--config-path=nosuch

train.epochs
train.epochs=[1
train.py
-m train.py
=3
task.params.x=1
'task.environment={X: a}'
--cfg job lint
train.epochs=1 -m seed.value=3
--confg-dir=files
--cfg jbo
-m -r
report2
mlp
report files
hydra.run.dir=files/a_file
hydra.sweep.dir=files/a_file -m

--trust
--trst=my_package
model._target_=subprocess.run
model._target_=keras.models.load_model
data.preload=[antigravity]
task=command task.command=[sh] task.outputs=[a.npy]
seed.value=range(1,1000000000) -m
+hydra.job.env_set.RUNNER_TRUST=my_package
"""

COMMANDS = [line for line in BAD.splitlines() if line]

FILES = {
    "a_file": "",
    "train/broken.yaml": "epochs: 3\nmetrics: [a, b\n",
    "train/unknown_key.yaml": "epoch: 3\n",
    "train/wrong_type.yaml": "batch_size: many\n",
    "train/missing_reference.yaml": "batch_size: ${data.unit}\n",
    "model/no_such_layer.yaml": (
        "_target_: keras.Sequential\nlayers: [{_target_: keras.layers.Dens}]\n"
    ),
    "model/wrong_argument.yaml": (
        "_target_: keras.Sequential\n"
        "layers: [{_target_: keras.layers.Flatten}, {_target_: keras.layers.Dense, unts: 2}]\n"
    ),
    "model/no_model.yaml": "_target_: keras.layers.Flatten\n",
}


@pytest.fixture(scope="session")
def cwd(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("bad")
    for name, text in FILES.items():
        path = directory / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


def run(cwd: Path, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runner", *shlex.split(command)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.fixture(scope="session")
def answers(cwd, forked_commands) -> dict[str, subprocess.CompletedProcess[str]]:
    """Each bad command line's answer."""
    return {each: forked_commands.run(cwd, shlex.split(each)) for each in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS[:: len(COMMANDS) // 8])
def test_a_fork_answers_as_a_fresh_interpreter(answers, cwd, command):
    forked, fresh = answers[command], run(cwd, command)
    assert (forked.returncode, forked.stdout) == (fresh.returncode, fresh.stdout)
    assert forked.stderr == fresh.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_bad_input_gets_one_line(answers, command):
    answer = answers[command]
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1, answer.stderr
    assert answer.stderr.endswith("\n")
    assert "Traceback" not in answer.stderr
    assert answer.returncode == 2


def test_every_line_is_as_agreed(answers, cwd, golden):
    made = "".join(
        f"$ python -m runner {command}\n{answer.stderr}" for command, answer in answers.items()
    )
    golden("bad_input.txt", made.replace(str(cwd), "CWD"))


def test_nothing_is_written(answers, cwd):
    assert {str(path.relative_to(cwd / "files")) for path in cwd.rglob("*") if path.is_file()} == (
        set(FILES)
    )
    assert [path.name for path in cwd.iterdir()] == ["files"]


@pytest.mark.parametrize("command", ["train.epochs=many", "train.epochs=-1", "report nosuch"])
def test_a_traceback_comes_only_when_asked_for(cwd, command):
    answer = run(cwd, command, HYDRA_FULL_ERROR="1")
    assert "Traceback" in answer.stderr
    assert answer.returncode == 2


@pytest.mark.parametrize("command", ["report", "report a b", "report --sav files"])
def test_a_wrong_use_of_a_command_gets_one_line(cwd, command):
    answer = run(cwd, command)
    (line,) = answer.stderr.splitlines()  # its middle is the library's
    assert line.startswith("report: ")
    assert line.endswith(". See python -m runner report --help")
    assert (answer.stdout, answer.returncode) == ("", 2)


RUNNING = {
    "cnn": "model: does not fit inputs of shape (2,). ",
    "no_such_layer": (
        "model.layers[0]._target_: cannot be imported. Received: keras.layers.Dens."
        " Did you mean 'keras.layers.Dense'?"
    ),
    "wrong_argument": "model.layers[1]: its _target_ raised ",
    "no_model": "model: must return a keras.Model. Received: Flatten",
}
"""Models that only running can tell to be wrong, and how the line on them begins."""


@pytest.fixture(scope="session")
def failed(tmp_path_factory, cwd) -> pd.DataFrame:
    """The runs of a sweep over such models."""
    directory = tmp_path_factory.mktemp("failed")
    grid = f"model={','.join(RUNNING)} data=article train.epochs=0 builds=1 calls=1 replicates=1"
    answer = run(directory, f"{grid} -m --config-dir={cwd / 'files'}")
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr + answer.stdout
    (runs,) = directory.glob("outputs/*/*/runs.csv")
    return pd.read_csv(runs)


@pytest.mark.parametrize("model", RUNNING)
def test_what_only_running_can_tell_gets_one_line(failed, model):
    (run,) = failed[failed["model"] == model].itertuples()
    assert run.status == "failed"
    assert run.error.startswith(RUNNING[model])
    assert "\n" not in run.error
    assert len(run.error) < 300
