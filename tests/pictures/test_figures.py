"""Pictures show what was stored: read back from the figures, and from the files."""

from __future__ import annotations

import itertools
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from synthetic import outputs, write

from runner.analysis.results import collate
from runner.errors import ConfigError
from runner.pictures import canvas
from runner.pictures.picture_files import save_pictures
from runner.pictures.run_dots import Interval, draw_runs, find_dots
from runner.pictures.source_shares import draw_sources
from runner.pictures.strip_picture import (
    StripColumn,
    draw_strip,
    find_strip,
    join_columns,
    name_digests,
)

HOSTILE = "$x^2$ </text><script>"


def stages(run, order="0"):
    return [
        {"data": "d", "init/a": f"i{run}", "init/b": f"j{run}", "order/0": order, "outputs": "o"}
    ]


@pytest.fixture
def results(tmp_path):
    """Configuration 0 has three runs, a replay, a failed run and a claim; 1 has one run."""
    claims = [
        {"text": "t", "metric": "accuracy", "mean": 0.7, "within": 0.05},
        {"text": "t", "metric": "accuracy", "compatible": {"mean": 60, "sd": 2, "n": 3,
                                                           "unit": "percent"}},
        {"text": "t", "metric": "accuracy", "compatible": {"range": [0.1, 0.2]}},
        {"text": "t", "metric": "accuracy", "mean": 0.1, "within": 0.1, "evaluate": "highest"},
        {"text": "t", "metric": "loss", "mean": 0.1, "within": 0.1},
    ]  # fmt: skip
    own = {"configuration": "0" * 12, "overrides": {"model": HOSTILE}, "claims": claims}
    for run in range(3):
        write(tmp_path, run, outputs(run), fingerprints=stages(run), seeds={"value": run},
              metrics=[{"accuracy": 0.5 + run / 10, "loss": 1.0}], **own)  # fmt: skip
    write(tmp_path, 3, outputs(1), fingerprints=stages(1), seeds={"value": 1}, replay_of=1,
          metrics=[{"accuracy": 0.6, "loss": 1.0}], **own)  # fmt: skip
    write(tmp_path, 4, None, **own)
    write(tmp_path, 5, outputs(), configuration="1" * 12, overrides={"model": "b"},
          metrics=[{"accuracy": float("nan"), "loss": 1.0}], fingerprints=stages(0))  # fmt: skip
    return collate(tmp_path)


def texts(figure):
    return [each.get_text() for each in figure.findobj(lambda a: hasattr(a, "get_text"))]


# --- dots


def test_every_run_is_a_dot_and_replays_and_failures_are_none(results):
    first, second = find_dots(results, "accuracy")
    assert first.values == (0.5, 0.6, 0.7)
    assert first.left_out == 1
    assert first.mean.value == pytest.approx(0.6)
    assert first.mean.low < 0.5 < 0.7 < first.mean.high
    assert second.values == ()
    assert second.left_out == 1
    assert second.mean == Interval(None, None, None)


def test_what_claims_publish_is_there_in_the_unit_of_the_metric(results):
    first, second = find_dots(results, "accuracy")
    assert second.published == ()
    assert [each.value for each in first.published] == pytest.approx([0.7, 0.6, None])
    ends = [(each.low, each.high) for each in first.published]
    assert np.array(ends) == pytest.approx(np.array([(0.65, 0.75), (0.58, 0.62), (0.1, 0.2)]))


def test_the_dots_of_the_figure_are_the_values(results):
    figure = draw_runs(results, "accuracy")
    (axes,) = figure.axes
    dots = [each.get_offsets().tolist() for each in axes.collections]
    assert [x for x, _ in dots[0]] == [0.5, 0.6, 0.7]
    assert len({y for _, y in dots[0]}) == 3
    assert dots[1] == []
    assert "no value" in texts(figure)
    names = [each.get_text() for each in axes.get_yticklabels()]
    assert names[0].endswith("seed-driven, 1 without a value")
    assert axes.get_xlabel() == "accuracy"


def test_the_first_metric_that_is_no_loss_is_drawn(results):
    assert draw_runs(results).axes[0].get_xlabel() == "accuracy"


def test_an_unknown_metric_is_one_line(results):
    with pytest.raises(ConfigError) as raised:
        draw_runs(results, "acuracy")
    assert str(raised.value) == (
        "metric: the runs do not have this metric. Received: acuracy. Did you mean 'accuracy'?"
    )


def test_runs_without_metrics_are_one_line(tmp_path):
    write(tmp_path, 0, outputs(), metrics=[])
    with pytest.raises(ConfigError, match="metric: the runs have no metric"):
        draw_runs(collate(tmp_path))


def test_many_configurations_are_counted(tmp_path):
    for number in range(42):
        write(tmp_path, number, outputs(), configuration=f"{number:012x}",
              overrides={"model": f"m{number}"})  # fmt: skip
    figure = draw_runs(collate(tmp_path))
    assert figure.axes[0].get_title() == "40 of 42 configurations"
    assert len(figure.axes[0].get_yticklabels()) == 40


# --- strip


def test_letters_are_equal_where_digests_are():
    assert name_digests(["x", "y", None, "x", "z"]) == ("A", "B", "", "A", "C")
    many = name_digests([str(n) for n in range(28)])
    assert many[25:] == ("Z", "AA", "AB")
    assert len({*many}) == 28


def test_rows_are_runs_with_replays_behind_them(results):
    strip = find_strip(results, 0)
    assert strip.rows == ("run 0", "run 1", "replay of 1", "run 2")
    columns = {each.name: each.letters for each in strip.columns}
    assert columns == {
        "data": ("A",) * 4,
        "init (2)": ("A", "B", "B", "C"),
        "order/0": ("A",) * 4,
        "outputs": ("A",) * 4,
    }


def test_a_stage_that_a_run_lacks_is_missing(tmp_path):
    write(tmp_path, 0, outputs(), fingerprints=[{"data": "d", "order/0": "x", "outputs": "o"}])
    write(tmp_path, 1, outputs(), fingerprints=[{"data": "d", "outputs": "o"}])
    strip = find_strip(collate(tmp_path), 0)
    assert [each.letters for each in strip.columns if each.name == "order/0"] == [("A", "")]


def test_only_neighbours_in_which_the_same_runs_agree_are_joined():
    same, other = ("A", "A"), ("A", "B")
    found = {"init/a": same, "init/b": other, "init/c": other, "order/0": other, "order/1": same}
    columns = [StripColumn(name, letters) for name, letters in found.items()]
    by_kind = [each.name for each in join_columns(columns, by_kind=True)]
    assert by_kind == ["init/a", "init (2)", "order/0", "order/1"]
    joined = join_columns(columns, by_kind=False)
    assert [each.name for each in joined] == ["init/a", "init … order (3)", "order/1"]
    assert [each.letters for each in joined] == [same, other, same]


def test_the_figure_has_a_letter_for_each_cell(results):
    figure = draw_strip(results, 0)
    drawn = [each.get_text() for each in figure.axes[0].texts]
    assert sorted(drawn) == sorted("A" * 4 + "ABBC" + "A" * 8)
    coloured = {each.get_facecolor() for each in figure.axes[0].patches}
    assert len(coloured) == 3


def test_a_configuration_without_fingerprints_is_one_line(tmp_path):
    write(tmp_path, 0, None)
    with pytest.raises(ConfigError, match="strip: no run of this configuration has fingerprints"):
        draw_strip(collate(tmp_path), 0)


def test_colours_are_told_apart_without_colour_vision():
    """Neighbours in the order differ in lightness, which everybody sees."""

    def lightness(colour):
        red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    seen = list(map(lightness, canvas.DIGESTS))
    assert all(abs(a - b) > 0.05 for a, b in itertools.pairwise(seen))


# --- sources


def test_shares_are_those_of_the_frame(tmp_path):
    for number, vary in enumerate(([], ["init"], ["init", "order"])):
        for run in range(3):
            moved = run * len(vary)
            write(tmp_path, 10 * number + run, outputs(moved), configuration=str(number) * 12,
                  overrides={"seed.vary": f"[{','.join(vary)}]" if len(vary) < 2 else "all"},
                  strategy="derived", vary=vary if len(vary) < 2 else
                  ["data", "split", "init", "order", "augment", "dropout"],
                  seeds={"init": moved, "order": moved if len(vary) > 1 else 0},
                  metrics=[{"accuracy": 0.5 + moved / 10}])  # fmt: skip
    results = collate(tmp_path)
    frame = results.attribution
    figure = draw_sources(results)
    labels = [each.get_text() for each in figure.axes[0].get_yticklabels()]
    assert labels == [each for each in frame["source"] if each != "none"]
    shown = [each.get_width() for each in figure.axes[0].patches]
    assert shown == pytest.approx(frame["accuracy_share"].dropna().tolist()[-len(shown) :])


def test_a_sweep_that_does_not_vary_sources_is_one_line(results):
    with pytest.raises(ConfigError) as raised:
        draw_sources(results)
    assert str(raised.value) == (
        "sources: needs a sweep over seed.vary. Such a sweep is experiment=attribution"
    )


# --- files


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_file_has_the_format_of_its_ending(results, tmp_path, ending):
    path = tmp_path / f"new.{ending}"
    assert save_pictures(results, path) == [path]
    begins = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(begins)


def test_hostile_names_are_text_in_an_svg(results, tmp_path):
    save_pictures(results, tmp_path / "new.svg")
    root = ElementTree.parse(tmp_path / "new.svg").getroot()
    assert not [each for each in root.iter() if "script" in each.tag]


def test_a_directory_gets_every_picture(results, tmp_path):
    written = save_pictures(results, tmp_path / "pictures", ".svg")
    names = ["runs.svg", f"strip_{'0' * 12}.svg", f"strip_{'1' * 12}.svg"]
    assert [each.name for each in written] == names
    assert sorted(each.name for each in (tmp_path / "pictures").iterdir()) == sorted(names)


def test_what_is_there_stays_as_it_is(results, tmp_path):
    (tmp_path / "pictures").mkdir()
    kept = tmp_path / "pictures" / f"strip_{'1' * 12}.png"
    kept.write_text("mine")
    with pytest.raises(ConfigError, match="--plot: is there already, and is left as it is"):
        save_pictures(results, tmp_path / "pictures")
    assert kept.read_text() == "mine"
    assert list((tmp_path / "pictures").iterdir()) == [kept]


def test_another_ending_is_one_line(results, tmp_path):
    with pytest.raises(ConfigError, match=r"--plot: must end in .png, .svg, .pdf, or be a direc"):
        save_pictures(results, tmp_path / "a.jpg")


def test_a_notebook_shows_a_figure_without_a_window(results):
    before = "matplotlib.pyplot" in sys.modules
    assert draw_runs(results)._repr_png_().startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) is before


def test_a_missing_library_is_one_line(results, monkeypatch):
    canvas._make_kind.cache_clear()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    try:
        with pytest.raises(ConfigError) as raised:
            draw_runs(results)
    finally:
        canvas._make_kind.cache_clear()
    assert str(raised.value) == (
        "plot: needs matplotlib, which is not installed. python -m pip install 'runner[plot]'"
    )
