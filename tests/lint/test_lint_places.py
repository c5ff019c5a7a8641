"""Where a key was set, and the comments that silence a rule there."""

from __future__ import annotations

import pytest

from runner.config.compose import ConfigFile, open_configs
from runner.config.schema import CONF
from runner.errors import ConfigError
from runner.lint.located import report_on
from runner.lint.places import Places, YamlPlace, read
from runner.lint.targets import compose_target

pytestmark = pytest.mark.composes


@pytest.fixture
def write(tmp_path):
    """Write files of a config directory and return it."""

    def write_all(**files):
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path

    return write_all


def report(directory, *overrides, subject=None):
    with open_configs(directory) as configs:
        return report_on(compose_target(configs, overrides, subject))


def codes(found):
    return [each.finding.code for each in found.found]


def place(found, code):
    (located,) = [each for each in found.found if each.finding.code == code]
    return located.place


# --- lines


def test_lines_of_keys_and_items(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("# x\na:\n  b: 1\n  c:\n    - d: 1\n      e: 2\n    - [3, {f: 4}]\n")
    assert read(path).lines == {
        "a": 2,
        "a.b": 3,
        "a.c": 4,
        "a.c[0]": 5,
        "a.c[0].d": 5,
        "a.c[0].e": 6,
        "a.c[1]": 7,
        "a.c[1][0]": 7,
        "a.c[1][1]": 7,
        "a.c[1][1].f": 7,
    }


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}\n", "[]\n", "3\n", "---\n"])
def test_files_without_keys(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert read(path).lines == read(path).choices == {}


@pytest.mark.parametrize(
    "entry",
    ["seed: unset", "override /seed: unset", "override seed@seed: unset", "optional /seed: unset"],
)
def test_lines_of_a_defaults_list(tmp_path, entry):
    path = tmp_path / "a.yaml"
    path.write_text(f"defaults:\n  - other\n  - {entry}\n  - _self_\n")
    assert read(path).choices == {"seed": 3}


def test_the_file_merged_last_counts(tmp_path):
    first, last = tmp_path / "first.yaml", tmp_path / "last.yaml"
    first.write_text("epochs: 1\nbatch_size: 2\n")
    last.write_text("train:\n  epochs: 3\n")
    places = Places((ConfigFile(first, "train"), ConfigFile(last, "")))
    assert places.find("train.epochs") == YamlPlace(last, 2)
    assert places.find("train.batch_size") == YamlPlace(first, 2)
    assert places.find("train.loss") == YamlPlace(first, 1)
    assert places.find("replicates") is None
    assert places.find("trainer") is None


def test_a_linted_file_is_where_every_finding_belongs(tmp_path):
    path, other = tmp_path / "path.yaml", tmp_path / "other.yaml"
    path.write_text("defaults:\n  - override /seed: unset\nbuilds: 2\n")
    other.write_text("seed:\n  scope: build\n")
    places = Places((ConfigFile(path, ""), ConfigFile(other, "")), subject=path)
    assert places.find("builds") == YamlPlace(path, 3)
    assert places.find("seed.scope") == YamlPlace(path, 2)
    assert places.find("replicates") == YamlPlace(path, 1)


def test_the_command_line_is_no_place():
    found = report(None, "shuffle.buffer=10", "seed=unset")
    assert place(found, "RUN202") is None
    assert place(found, "RUN101") == YamlPlace(CONF / "seed" / "unset.yaml", 2)


def test_nested_defaults_and_packages_are_followed(write):
    directory = write(
        train__mine="defaults:\n  - parts/base\n\nepochs: 3\n",
        train__parts__base="# @package train\npipeline: [batch, shuffle]\n",
    )
    found = report(directory, "train=mine")
    assert place(found, "RUN201") == YamlPlace(directory / "train" / "parts" / "base.yaml", 2)


# --- silence

BUFFER = "# @package _global_\nshuffle:\n  buffer: 10{}\n"


@pytest.mark.parametrize(
    ("comment", "silenced"),
    [
        ("  # noqa: RUN202", True),
        ("  #noqa:RUN202", True),
        ("  # NOQA: run202", True),
        ("  # noqa: RUN201, RUN202", True),
        ("  # noqa: RUN201 RUN202", True),
        ("  # noqa: RUN202 as the data is random already", True),
        ("  # see the paper # noqa: RUN202", True),
        ("  # noqa: RUN201", False),
        ("  # noqa: E501", False),
        ("  # noqa", False),
        ("  # RUN202", False),
        ("  # noqa: as in RUN202", False),
    ],
)
def test_a_comment_on_the_line(write, comment, silenced):
    found = report(write(experiment__a=BUFFER.format(comment)), "experiment=a")
    assert ("RUN202" in codes(found)) != silenced
    assert found.silenced == silenced


@pytest.mark.parametrize("line", ["# noqa: RUN202, RUN102", "  # noqa: RUN202 is meant, RUN102"])
def test_a_comment_alone_on_a_line_is_for_the_whole_file(write, line):
    text = BUFFER.format(f"\n{line}")
    found = report(write(experiment__a=text), "experiment=a")
    assert "RUN202" not in codes(found)


def test_a_comment_elsewhere_is_not_for_the_key(write):
    text = "# @package _global_\nshuffle:  # noqa: RUN202\n  buffer: 10\n  # Or: # noqa: RUN202\n"
    assert "RUN202" in codes(report(write(experiment__a=text), "experiment=a"))


def test_a_comment_on_the_choice_of_a_group(write):
    text = "# @package _global_\ndefaults:\n  - override /seed: unset  # noqa: RUN101\n"
    directory = write(experiment__a=text)
    assert "RUN101" not in codes(report(directory, "experiment=a"))
    assert "RUN101" in codes(report(directory, "seed=unset"))


def test_a_comment_on_a_value_that_is_overridden_is_not_for_the_new_one(write):
    directory = write(
        experiment__a=BUFFER.format("  # noqa: RUN202"),
        later__b=BUFFER.format(""),
    )
    assert "RUN202" not in codes(report(directory, "experiment=a"))
    assert "RUN202" in codes(report(directory, "experiment=a", "shuffle.buffer=11"))
    assert "RUN202" in codes(report(directory, "experiment=a", "+later=b"))


def test_a_comment_in_a_group_file_goes_with_it(write):
    directory = write(model__mine="# noqa: RUN301\ndefaults:\n  - mlp\n")
    silent = report(directory, "model=mine", "+model.layers.1.kernel_initializer=zeros")
    assert "RUN301" not in codes(silent)


@pytest.mark.parametrize(
    ("code", "hint"), [("RUN999", ""), ("RUN2021", ". Did you mean 'RUN202'?"), ("RUN20", ".*")]
)
def test_a_comment_that_names_no_rule_is_refused(write, code, hint):
    directory = write(experiment__a=BUFFER.format(f"  # noqa: {code}"))
    path = directory / "experiment" / "a.yaml"
    with pytest.raises(ConfigError) as caught:
        report(directory, "experiment=a")
    assert str(caught.value).startswith(f"{path}:3: unknown rule code in noqa. Received: {code}")
