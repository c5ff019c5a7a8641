"""Folders of images and of texts: a folder for each class, in the sorted order of names."""

from __future__ import annotations

import os

import numpy as np
import pytest
import tensorflow as tf

from runner.data.folder_sources import images, texts
from runner.errors import ConfigError


def refusal(call, *arguments, **named):
    with pytest.raises(ConfigError) as caught:
        call(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def paint(path, value, size=(4, 6), channels=3):
    """Write an image of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((*size, channels), value, np.uint8)
    path.write_bytes(tf.io.encode_png(pixels).numpy())


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def pictures(tmp_path):
    """Two classes; files are written in an order that is not that of their names."""
    folder = tmp_path / "pictures"
    for name, value in (
        ("oak/9.png", 90), ("oak/10.png", 100), ("ash/b.PNG", 20), ("ash/a.png", 10),
        ("ash/deep/c.png", 30), (".hidden/x.png", 1), ("ash/.hidden.png", 1),
    ):  # fmt: skip
        paint(folder / name, value)
    (folder / "ash" / "notes.txt").write_text("left out")
    return folder


def test_images_come_in_the_order_of_their_names(pictures):
    x, y = images(str(pictures), [4, 6])
    assert (x.shape, x.dtype, y.dtype) == ((5, 4, 6, 3), np.float32, np.int64)
    assert y.tolist() == [0, 0, 0, 1, 1]
    assert np.rint(x[:, 0, 0, 0] * 255).tolist() == [10, 20, 30, 100, 90]
    assert 0 <= x.min() <= x.max() <= 1


def test_the_order_of_the_file_system_does_not_matter(pictures, monkeypatch):
    expected = images(str(pictures), [4, 6])
    scandir, listdir = os.scandir, os.listdir

    class Backwards:
        def __init__(self, path):
            with scandir(path) as entries:
                self.entries = sorted(entries, key=lambda each: each.name, reverse=True)

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *_):
            pass

        def __iter__(self):
            return iter(self.entries)

    monkeypatch.setattr(os, "scandir", Backwards)
    monkeypatch.setattr(os, "listdir", lambda path=".": sorted(listdir(path), reverse=True))
    found = images(str(pictures), [4, 6])
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_images_are_resized_and_turned_grey(pictures):
    x, _ = images(str(pictures), [8, 2], channels=1)
    assert x.shape == (5, 8, 2, 1)
    assert np.allclose(x[0], 10 / 255, atol=1 / 255)


def test_a_test_part_has_the_numbers_of_the_classes_of_the_training_part(pictures, tmp_path):
    paint(tmp_path / "held" / "oak" / "1.png", 7)
    _, (x, y) = images(str(pictures), [4, 6], test_path=str(tmp_path / "held"))
    assert (len(x), y.tolist()) == (1, [1])
    paint(tmp_path / "held" / "aok" / "1.png", 7)
    message = refusal(images, str(pictures), [4, 6], test_path=str(tmp_path / "held"))
    assert message == (
        f"data.source.test_path: must have no class that {pictures} lacks (ash, oak)."
        " Received: aok. Did you mean 'oak'?"
    )


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (
            {"size": [32]},
            "data.source.size: must be a height and a width, as [32, 32]. Received: [32]",
        ),
        (
            {"size": [4, 0]},
            "data.source.size: must be a height and a width, as [32, 32]. Received: [4, 0]",
        ),
        ({"channels": 2}, "data.source.channels: must be 1, 3 or 4. Received: 2"),
        ({"path": "no/such"}, "data.source.path: no such folder. Received: no/such"),
    ],
)
def test_arguments_that_are_wrong(pictures, named, message):
    given = {"path": str(pictures), "size": [4, 6], **named}
    assert refusal(images, **given) == message


def test_folders_and_files_that_are_wrong(pictures, tmp_path):
    inner = str(pictures / "oak")
    assert refusal(images, inner, [4, 6]) == (
        f"data.source.path: must have a folder for each class. Received: {inner}"
    )
    (pictures / "elm").mkdir()
    assert refusal(images, str(pictures), [4, 6]) == (
        "data.source.path: must have images in the folder of each class."
        f" Received: {pictures / 'elm'}"
    )
    (pictures / "elm" / "e.jpg").write_text("no image")
    assert refusal(images, str(pictures), [4, 6]) == (
        "data.source.path: has a file that cannot be read as an image."
        f" Received: {pictures / 'elm' / 'e.jpg'}"
    )


def test_texts_are_read_as_they_are(tmp_path):
    write(tmp_path / "good" / "2.txt", "a good\r\nday")
    write(tmp_path / "good" / "10.txt", "Schön")
    write(tmp_path / "bad" / "1.txt", "")
    write(tmp_path / "bad" / "1.md", "left out")
    x, y = texts(str(tmp_path))
    assert x.tolist() == ["", "Schön", "a good\r\nday"]
    assert y.tolist() == [0, 1, 1]


def test_texts_that_cannot_be_read(tmp_path):
    write(tmp_path / "good" / "1.txt", b"\xff\xfe")
    assert refusal(texts, str(tmp_path)) == (
        "data.source.path: has a file that cannot be read as UTF-8."
        f" Received: {tmp_path / 'good' / '1.txt'}"
    )
    message = refusal(texts, str(tmp_path), suffix=".md")
    assert "must have files *.md in the folder of each class" in message
