"""OBS208, where it must speak and where it must not."""

from __future__ import annotations

from findings_of import find_in, of_code

PLAIN = {"data": "00", "order/0": "01", "order/1": "02", "outputs": "03"}


def test_fires(tmp_path):
    stages = [{"data": "00", "order/0": "01", "data/0": "0a", "data/1": "0b", "order/1": "02"}]
    (found,) = of_code(find_in(tmp_path, [{"fingerprints": stages}] * 2), "OBS208")
    assert found.observation.seen == (
        "The source did not give the rows that it gave before training in 2 of 2 epochs"
        " (in 2 of 2 builds)."
    )


def test_quiet(tmp_path):
    assert not of_code(find_in(tmp_path, [{"fingerprints": [PLAIN]}] * 2), "OBS208")


def test_quiet_for_other_rows_of_the_data(tmp_path):
    """Rows for validation, and stages that code of one's own names, are no passes."""
    stages = {**PLAIN, "data/validation": "0c", "data/inputs": "0d"}
    assert not of_code(find_in(tmp_path, [{"fingerprints": [stages]}] * 2), "OBS208")
