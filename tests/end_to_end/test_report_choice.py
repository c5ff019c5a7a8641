"""`report --where` and `--sort`: a part of a large table, in another order."""

from __future__ import annotations

import json

import pytest
from conftest import run_cli
from synthetic import outputs, write


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """Eighty configurations, of which every fourth differs between its two runs."""
    place = tmp_path_factory.mktemp("chosen") / "sweep"
    for number in range(80):
        for replicate in range(2):
            differs = replicate and number % 4 == 0
            write(
                place,
                2 * number + replicate,
                outputs(seed=number + 1000 * differs),
                configuration=f"{number:012x}",
                overrides={"units": str(number), "shuffle": "on" if number < 40 else "off"},
                metrics=[{"loss": float((number * 37) % 80)}],
                fingerprints=[{"data": "d", "outputs": str(differs)}] if number else [{}],
            )
    return place


def report(*arguments):
    return run_cli(arguments[0].parent, "report", *map(str, arguments), keep_order=True)


def read(sweep, *arguments):
    ended = report(sweep, "--format", "json", *arguments)
    assert ended.status == 0, ended.err
    return json.loads(ended.out)["table"]


def test_only_what_fits_is_printed(sweep):
    differing = {str(number) for number in range(0, 80, 4)}
    words = {row["verdict"] for row in read(sweep) if row["units"] in differing}
    found = read(sweep, "--where", f"verdict={','.join(words)}")
    assert {row["units"] for row in found} == differing
    fewer = read(sweep, "--where", f"verdict={','.join(words)}", "--where", "shuffle=off")
    assert {row["units"] for row in fewer} == {each for each in differing if int(each) >= 40}


def test_rows_are_in_the_order_of_a_column(sweep):
    rising = [row["loss_mean"] for row in read(sweep, "--sort", "loss_mean")]
    assert rising == sorted(rising)
    falling = [row["loss_mean"] for row in read(sweep, "--sort=-loss_mean")]
    assert falling == rising[::-1]


def test_sentences_and_rows_stay_together(sweep):
    ended = report(sweep, "--where", "units=8,5", "--sort", "units")
    assert ended.status == 0
    table, _, sentences = ended.out.partition("\n\n")
    assert len(table.splitlines()) == 3
    first, second = (line for line in sentences.splitlines() if line.startswith("units="))
    assert first.startswith("units=5")
    assert second.startswith("units=8")
    assert "Ended early" not in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sort", "los_mean"), "Did you mean 'loss_mean'?"),
        (("--where", "verdikt=same"), "Did you mean 'verdict'?"),
        (("--where", "shuffle=of"), "Did you mean 'off'?"),
        (("--where", "shuffle"), "must be COLUMN=VALUE"),
        (("--where", "units=5", "--where", "shuffle=off"), "Among its values: on"),
    ],
)
def test_what_does_not_fit_is_one_line(sweep, arguments, said):
    ended = report(sweep, *arguments)
    assert ended.status == 2
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_the_files_still_have_everything(sweep):
    ended = report(sweep, "--save", "--where", "units=5")
    assert ended.status == 0
    assert len((sweep / "table.csv").read_text().splitlines()) == 81
