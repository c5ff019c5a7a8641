"""Results as Python programs use them, from sweeps that are written without running anything."""

from __future__ import annotations

import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from synthetic import fingerprints, outputs, write

import runner
from runner.errors import ConfigError, RunnerError
from runner.numeric.verdicts import Verdict
from runner.record.record import OutputPart

IDS = {"fixed": "ab" * 6, "random": "ac" * 6, "unset": "d" * 12}


@pytest.fixture
def sweep(tmp_path):
    """Three configurations: one repeats, one does not, one fails."""
    for number, seed in enumerate(IDS):
        for run in range(3):
            values = None if seed == "unset" else outputs(run if seed == "random" else 0)
            write(
                tmp_path, 10 * number + run, values,
                configuration=IDS[seed], overrides={"seed": seed, "shuffle": "on"},
                strategy=seed, seeds={"value": run}, replicate=run,
                fingerprints=fingerprints(outputs=f"o{run if seed == 'random' else 0}"),
                metrics=[] if values is None else [{"accuracy": 0.5 + run / 10}],
                digest=None if values is None else f"{run if seed == 'random' else 0:016x}",
            )  # fmt: skip
    return tmp_path


@pytest.fixture
def results(sweep):
    return runner.load(sweep)


def test_the_frames_are_those_of_the_files(results):
    assert list(results.table["configuration"]) == list(IDS.values())
    assert list(results.runs["replicate"]) == [0, 1, 2] * 3
    assert len(results.sentences) == 3
    assert results.claims.empty
    assert set(results.factors["factor"]) == {"seed"}
    assert "code" in results.findings


def test_a_failure_is_said_in_one_line(results):
    assert results.failure == "3 of 9 runs failed"
    log = results.directory / "20" / "run.log"
    assert f"3 failed: ValueError: no (see {log})" in repr(results)


def test_no_failure_is_none(tmp_path):
    write(tmp_path, 0, outputs())
    assert runner.load(tmp_path).failure is None


@pytest.mark.parametrize(
    ("config", "overrides"),
    [
        (IDS["fixed"], {}),
        (IDS["fixed"][:3], {}),
        ("seed=fixed", {}),
        ("seed=fixed shuffle=on", {}),
        (None, {"seed": "fixed"}),
        ("shuffle=on", {"seed": "fixed"}),
    ],
)
def test_a_configuration_is_named_in_each_way(results, config, overrides):
    verdict = results.verdict(config, **overrides)
    assert verdict is Verdict(results.table["verdict"].iloc[0])
    assert verdict == "repeatable" or verdict == "deterministic"


@pytest.mark.parametrize(
    ("config", "overrides", "said"),
    [
        ("a", {}, "config: must be one configuration, and 2 fit. Received: a."
                  " They are seed=fixed; seed=random"),
        (None, {}, "config: must be one configuration, and 3 fit. Received: nothing."
                   " They are seed=fixed; seed=random; seed=unset"),
        (None, {"seed": "fixd"}, "config: seed: no configuration has this value. Received: fixd."
                                 " Did you mean 'fixed'?"),
        (None, {"sed": "fixed"}, "config: is no override of this sweep. Received: sed."
                                 " Did you mean 'seed'?"),
        ("ababababacab", {}, "config: there is no such configuration. Received: ababababacab."
                             " Did you mean 'abababababab'?"),
        ("zz", {}, "config: there is no such configuration. Received: zz."
                   " There are seed=fixed; seed=random; seed=unset"),
        ("", {}, "config: there is no such configuration. Received: ''."
                 " There are seed=fixed; seed=random; seed=unset"),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_one_line(results, config, overrides, said):
    for method in (results.verdict, results.explain):
        with pytest.raises(ConfigError) as raised:
            method(config, **overrides)
        assert str(raised.value) == said


def test_the_only_configuration_needs_no_name(tmp_path):
    write(tmp_path, 0, outputs())
    assert runner.load(tmp_path).verdict() == "insufficient"


def test_an_explanation_is_of_its_configuration_alone(results):
    assert results.explain(seed="random").startswith("insufficient: 3 runs differ")
    assert "ValueError: no" in results.explain(seed="unset")
    assert "ValueError: no" not in results.explain(seed="fixed")


def test_a_directory_without_records_is_one_line(tmp_path):
    with pytest.raises(RunnerError, match="no record of a run was found there"):
        runner.load(tmp_path)


# --- outputs


def test_outputs_have_named_axes_and_labels(results):
    array = results.outputs["seed=random"]
    assert array.dims == ("run", "build", "call", "input", "unit")
    assert array.shape == (3, 2, 2, 4, 3)
    assert array.dtype == np.float32
    assert list(array.run.values) == [10, 11, 12]
    assert list(array.replicate.values) == [0, 1, 2]
    assert array.attrs["verdict"] == results.verdict(seed="random")
    one = array.sel(run=11, build=0, call=1)
    assert np.array_equal(one.values, outputs(1)[0, 1])


def test_outputs_are_read_when_they_are_asked_for(results, sweep):
    (sweep / "11" / "outputs.npz").write_bytes(b"")
    assert results.outputs["seed=fixed"].shape == (3, 2, 2, 4, 3)
    with pytest.raises(RunnerError, match=r"outputs\.npz"):
        results.outputs["seed=random"]


def test_the_mapping_lists_what_has_outputs(results):
    assert list(results.outputs) == [IDS["fixed"], IDS["random"]]
    assert len(results.outputs) == 2
    assert (
        repr(results.outputs) == f"outputs of {IDS['fixed']}, {IDS['random']}, read when asked for"
    )


def test_replays_are_left_out(sweep):
    write(sweep, 13, outputs(0), configuration=IDS["random"], strategy="random", replay_of=10,
          overrides={"seed": "random", "shuffle": "on"}, replicate=3)  # fmt: skip
    assert list(runner.load(sweep).outputs["seed=random"].run.values) == [10, 11, 12]


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_what_a_run_lacks_is_missing_and_not_zero(tmp_path, dtype):
    large = np.arange(48, dtype=dtype).reshape(2, 2, 4, 3) + 1
    write(tmp_path, 0, large)
    write(tmp_path, 1, large[:, :, :2])
    array = runner.load(tmp_path).outputs["a" * 12]
    assert int(array.isnull().sum()) == 2 * 2 * 2 * 3
    assert not (array.sel(run=0) == 0).any()
    assert np.array_equal(array.sel(run=0).values, large)


def test_large_integers_stay_exact_beside_missing_ones(tmp_path):
    large = np.full((1, 1, 2, 1), 2**60 + 1)
    write(tmp_path, 0, large)
    write(tmp_path, 1, large[:, :, :1])
    array = runner.load(tmp_path).outputs["a" * 12]
    assert array.values[0, 0, 0, 1, 0] == 2**60 + 1


def test_shared_labels_of_the_probe_are_there(tmp_path):
    for job in range(2):
        write(tmp_path, job, outputs(), targets=np.array([3, 1, 4, 1]))
    assert list(runner.load(tmp_path).outputs["a" * 12].target.values) == [3, 1, 4, 1]


def test_labels_that_differ_between_runs_are_not(tmp_path):
    for job in range(2):
        write(tmp_path, job, outputs(), targets=np.array([3, 1, 4, job]))
    assert "target" not in runner.load(tmp_path).outputs["a" * 12].coords


@pytest.fixture
def several(tmp_path):
    parts = [OutputPart("class", 2), OutputPart("size", 1)]
    for job in range(2):
        write(tmp_path, job, outputs(job), output_parts=parts)
    return runner.load(tmp_path)


def test_one_of_several_outputs_has_its_name(several):
    assert list(several.outputs["a" * 12].output.values) == ["class", "class", "size"]
    size = several.outputs["a" * 12, "size"]
    assert size.shape == (2, 2, 2, 4, 1)
    assert np.array_equal(size.values[1], outputs(1)[..., 2:])


def test_an_unknown_output_is_one_line(several):
    with pytest.raises(ConfigError) as raised:
        several.outputs["a" * 12, "sise"]
    assert str(raised.value) == (
        "outputs: there is no output of this name. Received: sise. Did you mean 'size'?"
    )
    with pytest.raises(ConfigError, match="Outputs: class, size"):
        several.outputs["a" * 12, "zz"]


def test_a_single_output_has_no_name(results):
    with pytest.raises(ConfigError, match="Outputs: only one, without a name"):
        results.outputs["seed=fixed", "class"]


# --- two runs


def test_two_runs_are_compared(results):
    same, other = results.diff(0, "1"), results.diff(10, 11)
    assert other.same is False
    assert other.difference.builds[0].first == "outputs"
    assert other.difference.conclusion in str(other).replace("\n", " ")
    assert "accuracy" in same.difference.conclusion
    assert str(results.diff(0, 0)) == repr(results.diff(0, 0))


def test_an_unknown_run_is_one_line(results):
    with pytest.raises(ConfigError) as raised:
        results.diff(0, 13)
    assert str(raised.value).startswith("b: there is no such run. Received: 13. Runs: 0, 1, 2, 10")


# --- what people see


def test_the_text_is_the_table_and_the_sentences(results):
    text = repr(results)
    assert text.splitlines()[0].startswith("seed    verdict")
    assert "seed=random insufficient: " in text
    assert not any(line.endswith(" ") for line in text.splitlines())


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></table><b>",
    "a\x1b[2J",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(tmp_path, name):
    stages = fingerprints(**{f"init/{name}": "x"})
    for number in range(2):
        write(tmp_path, number, outputs(), configuration=f"{number}" * 12,
              overrides={f"model.{name}": f"{name}{number}"}, metrics=[{name: 0.5}],
              fingerprints=stages)  # fmt: skip
    write(tmp_path, 2, None, error=f"ValueError: {name}", overrides={f"model.{name}": f"{name}1"},
          configuration="1" * 12)  # fmt: skip
    results = runner.load(tmp_path)
    html = results._repr_html_()
    found = Tags()
    found.feed(html)
    assert found.tags == {"div", "table", "tr", "th", "td", "p", "b"}
    assert found.attributes <= {"style"}
    assert "\x1b" not in html
    assert "\x1b" not in repr(results)
    comparison = results.diff(0, 1)._repr_html_()
    found = Tags()
    found.feed(comparison)
    assert found.tags == {"pre"}


def test_many_configurations_are_counted(tmp_path):
    for number in range(53):
        write(tmp_path, number, outputs(), configuration=f"{number:012x}",
              overrides={"model": f"m{number}"})  # fmt: skip
    html = runner.load(tmp_path)._repr_html_()
    assert html.count("<tr>") == 51
    assert "3 more configurations are in <code>.table</code>" in html


def test_a_notebook_gets_text_and_html(results):
    assert set(results._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_a_missing_library_is_one_line(results, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ConfigError) as raised:
        results.outputs["seed=fixed"]
    assert str(raised.value) == (
        "outputs: needs xarray, which is not installed. python -m pip install 'runner[notebook]'"
    )
    assert len(results.outputs) == 2
