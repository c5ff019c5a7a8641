"""What is shipped: quiet where nothing is to be shown, and true in what it says of its rows."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from split_rules import rule_of

from runner.config.compose import open_configs
from runner.config.instantiate import instantiate_node
from runner.config.schema import CONF, Config, Data
from runner.data.array_sources import digits, tiny
from runner.data.parting.partition import partition
from runner.data.parting.split import split_rows
from runner.data.rows import Rows
from runner.lint import lint
from runner.numeric.severity import Severity
from runner.static.facts import ConfigFacts
from runner.static.row_facts import describe_rows

pytestmark = pytest.mark.composes

SHOWN = {
    "seed=unset": {"RUN101"},
    "shuffle=off": {"RUN207"},
    "data=article": {"RUN204"},
    # The models that are shipped end in softmax, and this data has one number to predict.
    "data=series_windows": {"RUN303"},
    "model=pinned seed=random": {"RUN106"},
    "model=pinned seed=derived": {"RUN106"},
    "seed=unset runtime=deterministic": {"RUN101", "RUN502"},
    "model=mlp_dropout probe.training=true": {"RUN302"},
    "train=augmented train.augment.parallel_calls=4": {"RUN206"},
    "experiment/article=loop": {"RUN101", "RUN304"},
    "experiment/article=seeded_initializers": {"RUN106", "RUN304"},
    "experiment/article=new_seed_before_predicting": {"RUN109"},
    "experiment/article=cause_default_seed": {"RUN101"},
    "experiment/article=cause_seeded_once": set(),
    "experiment/article=cause_unshuffled": {"RUN101", "RUN207"},
    "experiment/article=cause_full_batch": {"RUN101", "RUN204"},
    "experiment/article=cause_deterministic_ops": {"RUN101", "RUN207"},
    "experiment/article=alone_unshuffled": {"RUN207"},
    "experiment/article=alone_full_batch": {"RUN204"},
    # The loss of the paper's models, which end in logits, beside the default model.
    "train=mnist1d": {"RUN305"},
    **{f"model=mnist1d/{name}": {"RUN306"} for name in ("linear", "cnn", "gru")},
    # Its sigmoid units want targets in columns, and the default data has numbers of classes.
    "model=dl4tsc/time_cnn": {"RUN307"},
    "model=dl4tsc/time_cnn_short": {"RUN307"},
    # As published: rows keep their order, or nothing is seeded.
    **{f"experiment/mnist1d={path.stem}": {"RUN207"} for path in CONF.glob("experiment/mnist1d/*")},
    **{f"experiment/dl4tsc={path.stem}": {"RUN101"} for path in CONF.glob("experiment/dl4tsc/*")},
}
"""What is there to show a mistake, and the rules that speak of it."""

TABLE = ["data.source.path=rows.csv", "data.source.target=label", "data.units=3"]
REQUIRED = {
    "task=script": ["task.script=python"],
    "data=npz": ["data.source.path=rows.npz", "data.units=3"],
    "data=npy": ["data.source.path=x.npy", "data.source.targets=y.npy", "data.units=3"],
    "data=csv": TABLE,
    "data=parquet": TABLE,
    "data=feather": TABLE,
    "data=hdf5": ["data.source.path=rows.h5", "data.units=3"],
    "data=image_folder": ["data.source.path=images", "data.source.size=[8,8]", "data.units=3"],
    "data=text_folder": ["data.source.path=texts", "data.units=3"],
    "data=series_windows": [
        "data.source.path=rows.csv",
        "data.source.target=y",
        "data.source.window=5",
    ],
    "data=tfrecord": [
        "data.source.path=train.tfrecord",
        "data.source.test_path=test.tfrecord",
        "data.source.features={x:{dtype:float32,shape:[2]},y:{dtype:int64,shape:[]}}",
        "data.units=3",
    ],
    "data=ucr": ["data.source.name=GunPoint", "data.units=2"],
    "data=series": [
        "data.source.path=train.ts",
        "data.source.test_path=test.ts",
        "data.units=2",
    ],
    "data=keras": ["data.source.name=mnist", "data.units=10"],
    "data=tfds": ["data.source.name=mnist", "data.units=10"],
    "data=dataset": ["data.source._target_=runner.data.digits", "data.units=10"],
    "task=function": ["task.function=json.loads"],
    "task=command": ["task.command=[python,train.py]", "task.outputs=[outputs.npy]"],
}
"""What a command line must add to a choice."""

DEFAULTS = {"RUN102", "RUN402"}
"""Infos that the default command gets: it builds twice to show what seeding once does, and 5
replicates are few."""


MINIMAL = Config(model={"_target_": "m.M"}, data=Data(source={"_target_": "m.d"}, units=2))


def shipped_choices():
    for path in sorted(CONF.glob("*/**/*.yaml")):
        group, _, papers = path.parent.relative_to(CONF).as_posix().partition("/")
        if group == "experiment" and papers:
            yield f"{group}/{papers}", path.stem
        elif group != "hydra":
            # Models and trainings of a paper are choices of their group, such as mnist1d/mlp.
            yield group, f"{papers}/{path.stem}" if papers else path.stem


@pytest.fixture(scope="module")
def found():
    """Overrides to findings, for every shipped file alone and what is shown by several."""
    results = {}
    with open_configs(None) as configs:
        groups = configs.find_groups()
        alone = [
            f"{'' if group in groups else '+'}{group}={choice}"
            for group, choice in shipped_choices()
        ]
        for overrides in ["", *dict.fromkeys([*alone, *SHOWN])]:
            given = [*overrides.split(), *REQUIRED.get(overrides, [])]
            results[overrides] = lint(configs.compose(given).cfg)
    return results


@pytest.mark.slow
def test_every_file_is_quiet_but_where_it_is_there_to_show_something(found):
    assert len(found) > 20
    for overrides, findings in found.items():
        serious = {each.code for each in findings if each.severity is not Severity.info}
        assert serious == SHOWN.get(overrides, set()), overrides


@pytest.mark.slow
def test_the_default_command_gets_infos_only(found):
    assert {each.code for each in found[""]} == DEFAULTS
    assert found[""][-1].message == (
        "5 equal runs leave open that 52.7% of runs differ, with 95% confidence;"
        " use replicates=30 to bring that under 10%"
    )
    for findings in found.values():
        infos = {each.code for each in findings if each.severity is Severity.info}
        assert infos <= DEFAULTS


def subject_of(*overrides):
    with open_configs(None) as configs:
        return ConfigFacts.of(configs.compose(overrides).cfg)


@pytest.mark.parametrize("fraction", [0.2, 0.1, 0.5, 0.0001, 0.9999])
def test_the_rows_of_digits_are_true(fraction):
    part = digits()
    train, _ = split_rows(Rows(*part), *partition(rule_of(test_fraction=fraction), len(part[0])))
    x = train.x
    subject = subject_of(f"data.split.test_fraction={fraction}")
    assert subject.config.data.split.rows == len(part[0])
    assert subject.rows == len(x)


@pytest.mark.parametrize("rows", [2, 4])
def test_the_rows_of_the_article_are_true(rows):
    (x, _), _ = tiny(rows)
    assert subject_of("data=article", f"data.source.rows={rows}").rows == len(x) == rows


WITHOUT_FILES = [
    path.stem for path in sorted(CONF.glob("data/*.yaml")) if f"data={path.stem}" not in REQUIRED
]
"""Sources whose rows can be had here."""


def find_lies(config, said):
    """Names of the row facts that are not true of the rows that a source returns."""
    loaded = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        loaded.append(instantiate_node(config.data.source, "data.source"))
    paired = isinstance(loaded[0][0], tuple)
    train, test = map(len, (loaded[0][0][0], loaded[0][1][0])) if paired else (0, 0)
    if not paired:
        test = config.data.split.count_held(len(loaded[0][0]))
        train = len(loaded[0][0]) - test
    draws = pickle.dumps(loaded[0]) != pickle.dumps(loaded[1])
    true = {"parts": 1 + paired, "train": train, "test": test, "draws": draws}
    return [name for name, value in true.items() if getattr(said, name) not in (None, value)]


@pytest.mark.parametrize("choice", WITHOUT_FILES)
def test_what_is_said_of_rows_that_need_no_file_is_true(choice):
    config = subject_of(f"data={choice}").config
    assert find_lies(config, describe_rows(config)) == []


@pytest.mark.parametrize(
    ("name", "value"), [("parts", 2), ("train", 1437), ("test", 360), ("draws", True)]
)
def test_a_planted_lie_about_rows_is_found(name, value):
    config = subject_of("data=digits").config
    said = replace(describe_rows(config), **{name: value})
    assert find_lies(config, said) == [name]


def test_the_rows_of_your_own_file_are_not_known():
    for choice in (
        *(
            "npz",
            "npy",
            "csv",
            "parquet",
            "feather",
            "hdf5",
            "image_folder",
            "text_folder",
            "series_windows",
        ),
        *("tfrecord", "keras", "tfds"),
    ):
        assert subject_of(f"data={choice}", *REQUIRED[f"data={choice}"]).rows is None


@pytest.mark.parametrize("choice", ["tfrecord", "tfds", "dataset"])
def test_streamed_rows_are_not_all_held_in_memory(choice):
    config = subject_of(f"data={choice}", *REQUIRED[f"data={choice}"]).config
    assert config.train.pipeline == ["shuffle", "batch", "prefetch"]
    assert config.shuffle.buffer == 1024


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 300), st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_rows_before_a_split_become_those_after_it(rows, fraction):
    part = np.zeros((rows, 1)), np.zeros(rows)
    train, _ = split_rows(Rows(*part), *partition(rule_of(test_fraction=fraction), len(part[0])))
    x = train.x
    cfg = OmegaConf.structured(MINIMAL)
    cfg.data.split.rows, cfg.data.split.test_fraction = rows, fraction
    assert ConfigFacts.of(cfg).rows == len(x)


@pytest.mark.parametrize("by", ["random", "stratify", "group", "time"])
@pytest.mark.parametrize("fold", [None, 0, 4])
def test_what_is_said_of_rows_before_a_split_is_true_or_nothing(by, fold):
    cfg = OmegaConf.structured(MINIMAL)
    cfg.data.split.rows, cfg.data.split.by = 23, by
    folds = {} if fold is None else {"folds": 5, "fold": fold}
    for key, value in folds.items():
        cfg.data.split[key] = value
    said = ConfigFacts.of(cfg).rows
    groups = np.repeat([0, 1, 2, 3, 4], [1, 2, 5, 5, 10])
    if by == "time" and folds:
        return
    _, held = partition(rule_of(by, **folds), 23, np.arange(23) % 2, groups)
    assert said == 23 - held or (
        said is None and (by == "group" or (by, fold) != ("stratify", None))
    )
    assert said is not None or by in ("group", "stratify")


def test_a_configuration_of_nothing_known_is_linted():
    codes = {each.code for each in lint(OmegaConf.structured(MINIMAL))}
    assert codes == {"RUN101", "RUN402"}


def test_all_pairs_of_seeds_and_shuffles():
    """The README's grid."""
    with open_configs(None) as configs:
        for seed, shuffle in itertools.product(("fixed", "random"), ("on", "off")):
            given = [f"seed={seed}", f"shuffle={shuffle}"]
            serious = {
                each.code
                for each in lint(configs.compose(given).cfg)
                if each.severity is not Severity.info
            }
            assert serious == ({"RUN207"} if shuffle == "off" else set())
