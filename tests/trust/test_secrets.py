"""Values of the environment are neither stored nor shown."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest
from attacking import SECRET, start, write

from runner.record.record import LOG
from runner.record.store import read_run


def read_claims(record):
    """What the claims say about the configuration of a run."""
    return [each["text"] for each in read_run(record).configuration.claims]


def test_what_comes_from_the_environment_is_stored_as_its_name(tmp_path):
    work = tmp_path / "work"
    write(work, {})
    answer = start(
        work,
        "data=npz 'data.source.path=${oc.env:SECRET}' data.units=2 replicates=1"
        " 'claims=[{text:\"it is ${oc.env:SECRET}\",across_runs:same}]' -m",
        SECRET=SECRET,
    )
    assert answer.status == 1
    error = "data.source.path: must be an .npz file. Received: ${oc.env:SECRET}"
    (record,) = work.glob("outputs/*/*/0/record.json")
    stored = json.loads(record.read_text())
    assert stored["error"] == error
    assert read_claims(record) == ["it is ${oc.env:SECRET}"]
    assert SECRET not in answer.out + answer.err
    for path in (each for each in work.glob("outputs/**/*") if each.is_file()):
        # What a run prints is its own.
        assert path.name == LOG or SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("value", ["${oc.env:SECRET}", "'${oc.env:SECRET}'", '"${oc.env:SECRET}"'])
@pytest.mark.parametrize("swept", [True, False])
def test_what_is_typed_with_a_value_of_the_environment_is_stored_as_typed(tmp_path, value, swept):
    work = tmp_path / "work"
    train = "def main(config, seeds):\n    return {'outputs': [len(config.task.params.key)]}\n"
    write(work, {"own.py": train})
    words = [
        "--trust",
        "own",
        "task=function",
        "task.function=own.main",
        f"+task.params.key={value}",
    ]
    words += ["replicates=2", "-m"] if swept else []
    answer = start(work, shlex.join(words), SECRET=SECRET)
    assert answer.status == 0, answer.err
    assert SECRET not in answer.out + answer.err
    for path in (each for each in work.glob("outputs/**/*") if each.is_file()):
        assert SECRET.encode() not in path.read_bytes(), path


NAMED = """# @package _global_
task: {params: {n: SECRET}}
data: {source: {rows: 4}}
model:
  _target_: keras.Sequential
  layers:
    - {_target_: keras.layers.Dense, units: 2, name: "${oc.env:SECRET}", activation: softmax}
train:
  epochs: 1
  metrics: [{_target_: keras.metrics.SparseCategoricalAccuracy, name: "a_${oc.env:SECRET}"}]
claims:
  - {text: "it is ${oc.env:${task.params.n}}", across_runs: same}
  - {text: "and ${oc.decode:'${.part}{oc.env:SECRET}'}", across_runs: same, source: x}
"""


@pytest.mark.slow
def test_names_that_come_from_the_environment_are_stored_as_its_name(tmp_path):
    work = tmp_path / "work"
    write(work, {"evil/experiment/x.yaml": NAMED.replace("${.part}", "$")})
    answer = start(
        work,
        "experiment=x data=article seed=random builds=1 calls=1 replicates=2 replays=0 -m"
        " --config-dir=evil",
        SECRET=SECRET,
    )
    (record, *_) = work.glob("outputs/*/*/0/record.json")
    stored = json.loads(record.read_text())
    assert stored["status"] == "ok", stored["error"]
    assert read_claims(record) == ["it is ${oc.env:SECRET}", "and ${oc.env:SECRET}"]
    assert set(stored["metrics"][0]) == {"loss", "a_${oc.env:SECRET}"}
    assert "init/${oc.env:SECRET}/kernel" in stored["fingerprints"][0]
    assert SECRET not in answer.out + answer.err
    for path in (each for each in work.glob("outputs/**/*") if each.is_file()):
        assert SECRET.encode() not in path.read_bytes(), path


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


RAISING = """
import os
def train(config, seeds):
    raise ValueError(f"no answer for {os.environ['COPY']}")
"""


@pytest.mark.parametrize("how", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_a_name_that_is_put_together_is_known_in_the_process_of_a_run(tmp_path, how):
    """Only Hydra's own node names it, which the process of a run reads but is not given."""
    work = tmp_path / "work"
    write(work, {"raising.py": RAISING})
    answer = start(
        work,
        "task=function task.function=raising.train hydra.job.name=SECRET replicates=1 replays=0"
        " '+hydra.job.env_set={COPY:\"${oc.env:${hydra:job.name}}\"}'"
        f" isolation={how} --trust raising -m",
        SECRET=SECRET,
    )
    assert answer.status == 1
    (record,) = work.glob("outputs/*/*/0/record.json")
    assert json.loads(record.read_text())["error"] == "ValueError: no answer for ${oc.env:SECRET}"
    assert SECRET not in answer.out + answer.err


def test_importing_what_conceals_changes_no_resolver():
    program = (
        "from omegaconf import OmegaConf\n"
        "from omegaconf.basecontainer import BaseContainer\n"
        "before = BaseContainer._resolvers['oc.env']\n"
        "import runner.commands.main, runner.execute.single_run, runner.trust.secrets\n"
        "assert BaseContainer._resolvers['oc.env'] is before\n"
        "runner.trust.secrets.watch_environment()\n"
        "assert BaseContainer._resolvers['oc.env'] is not before\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
