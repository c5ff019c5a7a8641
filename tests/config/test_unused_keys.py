"""Settings that the kind of task does not read are refused, and those that it may read are not."""

from __future__ import annotations

import pytest

from runner.config.compose import open_configs
from runner.errors import ConfigError

pytestmark = pytest.mark.composes

SCRIPT = ("task=script", "task.script=train.py")
COMMAND = ("task=command", "task.command=[python,train.py]", "task.outputs=[a.npy]")
FUNCTION = ("task=function", "task.function=json.dumps")


@pytest.fixture
def compose(monkeypatch):
    """Compose and check a config."""
    monkeypatch.setenv("RUNNER_TRUST", "json,python,train.py")

    def run(given):
        with open_configs(None) as configs:
            return configs.compose(given)

    return run


def only(kind, key):
    return f"is not used by task={kind}: your code gets task.{key} only"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        # --- of another kind of task
        (["task.args=[a]"], "task.args: is not used by task=keras. Received: ['a']. It belongs to"
         " task=script"),
        (["task.script=train.py"], "task.script: is not used by task=keras. Received: train.py."
         " It belongs to task=script"),
        (["task.axes=[build,input]"], "task.axes: is not used by task=keras. Received: ['build',"
         " 'input']. It belongs to task=function or command"),
        (["+task.params.a=1"], "task.params: is not used by task=keras. Received: {'a': 1}. It"
         " belongs to task=function"),
        ([*FUNCTION, "task.respect_seeds=false"], "task.respect_seeds: is not used by"
         " task=function. Received: false. It belongs to task=script"),
        ([*FUNCTION, "+task.environment.A=1"], "task.environment: is not used by task=function."
         " Received: {'A': '1'}. It belongs to task=command"),
        ([*SCRIPT, "task.metrics=[a.json]"], "task.metrics: is not used by task=script. Received:"
         " ['a.json']. It belongs to task=command"),
        ([*SCRIPT, "task.function=json.dumps"], "task.function: is not used by task=script."
         " Received: json.dumps. It belongs to task=function"),
        ([*COMMAND, "task.module=true"], "task.module: is not used by task=command. Received:"
         " true. It belongs to task=script"),
        # --- of a declared training
        ([*SCRIPT, "train.epochs=3"], f"train.epochs: {only('script', 'args')}. Received: 3. Pass"
         " it on, as ${train.epochs} in task.args"),
        ([*COMMAND, "train.epochs=1"], f"train.epochs: {only('command', 'command')}. Received: 1."
         " Pass it on, as ${train.epochs} in task.command"),
        ([*SCRIPT, "model=mlp"], f"model: {only('script', 'args')}. Received: mlp"),
        ([*SCRIPT, "optimizer=sgd"], f"optimizer: {only('script', 'args')}. Received: sgd"),
        ([*SCRIPT, "train.optimizer.learning_rate=0.1"], "train.optimizer.learning_rate:"
         f" {only('script', 'args')}. Received: 0.1. Pass it on, as"
         " ${train.optimizer.learning_rate} in task.args"),
        ([*COMMAND, "shuffle=off"], f"shuffle: {only('command', 'command')}. Received: off"),
        # What refers to it is itself not read.
        ([*SCRIPT, "data.units=3"], f"data.units: {only('script', 'args')}. Received: 3. Pass it"
         " on, as ${data.units} in task.args"),
        ([*SCRIPT, "train.epochs=3", "train.steps=${train.epochs}"], f"train.epochs:"
         f" {only('script', 'args')}. Received: 3. Pass it on, as ${{train.epochs}} in task.args"),
    ],
)  # fmt: skip
def test_what_is_not_read_gets_one_line(compose, given, message):
    with pytest.raises(ConfigError) as caught:
        compose(given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "given",
    [
        # A function is given the whole config.
        [*FUNCTION, "train.epochs=3", "model=cnn", "+task.params.a=1", "task.axes=[build,input]"],
        [*COMMAND, "task.axes=[build,input]", "+task.environment.A=1", "task.metrics=[m.json]"],
        [*SCRIPT, "task.module=false", "task.listing=shuffled", "task.outputs=[a.npy]"],
        ["task.preload=[json]", "task.args=[]"],
        # Passed on, also through other keys, in part, or by a relative reference.
        [*SCRIPT, "train.epochs=3", 'task.args=[--epochs,"${train.epochs}"]'],
        [*SCRIPT, "train.epochs=3", "train.steps=${train.epochs}", "task.args=['${train.steps}']"],
        [*SCRIPT, "optimizer=sgd", "task.args=['${train.optimizer.learning_rate}']"],
        [*SCRIPT, "data=article", "task.args=['${data.units}']"],
        [*SCRIPT, "+task.params.a=1", "task.args=['${task.params.a}']"],
        [*SCRIPT, "+task.params.a=1", "task.args=['${..params.a}']"],
        [*SCRIPT, "train.epochs=3", "replicates=${train.epochs}"],
    ],
)
def test_what_may_be_read_is_accepted(compose, given):
    compose(given)
