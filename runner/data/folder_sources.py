"""Data sources that read folders, one for each class: of images, and of texts.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from runner.data.array_sources import Part
from runner.errors import ConfigError, nearest
from runner.numeric.bitwise import Array
from runner.text import list_some

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
"""Endings of the files that are read as images, in any case of letters."""

CHANNELS = (1, 3, 4)
"""Numbers of channels that an image can be decoded to."""

MAX_LISTED = 12
"""Most classes that an error lists."""


def images(
    path: str, size: Sequence[int], test_path: str | None = None, channels: int = 3
) -> Part | tuple[Part, Part]:
    """Return the images below a folder that has a folder for each class.

    Folders, and the files in them, are taken in the sorted order of their names, whatever the order
    in which the file system lists them. Hidden ones, and files of other kinds, are left out.

    Args:
        path: the folder, relative to the directory that the program was started in.
        size: height and width, to which every image is resized.
        test_path: a folder with the test part; null: the rows of `path` are split later.
        channels: 1 for grey, 3 for colours, 4 for colours with opacity.

    Returns:
        One part, or a training and a test part. x is (row, height, width, channel) float32 in
        0..1, y is (row,) int64, the number of the class in the sorted order of those in `path`.

    Raises:
        ConfigError: an argument is malformed, or a folder or file is missing or unreadable.
    """
    if channels not in CHANNELS:
        raise ConfigError("data.source.channels", "must be 1, 3 or 4", channels)
    if not isinstance(size, Sequence) or len(size) != 2 or not all(_is_size(n) for n in size):
        raise ConfigError("data.source.size", "must be a height and a width, as [32, 32]", size)

    def read(key: str, files: list[Path]) -> Array:
        return np.stack([_read_image(key, file, tuple(size), channels) for file in files])

    return _load(path, test_path, IMAGE_SUFFIXES, "images", read)


def texts(
    path: str, test_path: str | None = None, suffix: str = ".txt"
) -> Part | tuple[Part, Part]:
    """Return the texts below a folder that has a folder for each class.

    The order is that of `images`.

    Args:
        path: the folder, relative to the directory that the program was started in.
        test_path: a folder with the test part; null: the rows of `path` are split later.
        suffix: ending of the files to read, as UTF-8.

    Returns:
        One part, or a training and a test part. x is (row,) text, for a model that begins with
        keras.layers.TextVectorization and its vocabulary; y is (row,) int64, as with `images`.

    Raises:
        ConfigError: a folder or file is missing or is no UTF-8.
    """

    def read(key: str, files: list[Path]) -> Array:
        return np.array([_read_text(key, file) for file in files], dtype=str)

    return _load(path, test_path, (suffix.lower(),), f"files *{suffix}", read)


def _load(
    path: str,
    test_path: str | None,
    suffixes: tuple[str, ...],
    kind: str,
    read: Callable[[str, list[Path]], Array],
) -> Part | tuple[Part, Part]:
    classes = _find_classes("data.source.path", path)
    train = _load_part("data.source.path", path, classes, (suffixes, kind, read))
    if test_path is None:
        return train
    key = "data.source.test_path"
    own = _find_classes(key, test_path)
    if unknown := [each for each in own if each not in classes]:
        rule = f"must have no class that {path} lacks ({list_some(classes, MAX_LISTED)})"
        raise ConfigError(key, rule, unknown[0], nearest(unknown[0], classes))
    return train, _load_part(key, test_path, classes, (suffixes, kind, read))


def _find_classes(key: str, path: str) -> list[str]:
    folder = Path(path)
    if not folder.is_dir():
        rule = "must be a folder, not a file" if folder.exists() else "no such folder"
        raise ConfigError(key, rule, path)
    names = [each.name for each in folder.iterdir() if each.is_dir()]
    found = sorted(name for name in names if not name.startswith("."))
    if not found:
        raise ConfigError(key, "must have a folder for each class", path)
    return found


def _load_part(key: str, path: str, classes: list[str], reading: tuple[Any, str, Any]) -> Part:
    suffixes, kind, read = reading
    files: list[Path] = []
    labels: list[int] = []
    for number, name in enumerate(classes):
        folder = Path(path, name)
        own = _find_files(folder, suffixes) if folder.is_dir() else []
        if not own and folder.is_dir():
            raise ConfigError(key, f"must have {kind} in the folder of each class", folder)
        files += own
        labels += [number] * len(own)
    return read(key, files), np.array(labels, dtype=np.int64)


def _find_files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files below a folder, in the sorted order of their paths."""
    found = {each.relative_to(folder).as_posix(): each for each in folder.rglob("*")}
    return [
        file
        for name, file in sorted(found.items())
        if file.name.lower().endswith(suffixes)
        and file.is_file()
        and not any(part.startswith(".") for part in name.split("/"))
    ]


def _is_size(value: Any) -> bool:
    return type(value) is int and value > 0


def _read_image(key: str, file: Path, size: tuple[int, ...], channels: int) -> Array:
    with tf.device("CPU:0"):
        try:
            # An image with several frames gives its first one.
            pixels = tf.io.decode_image(
                file.read_bytes(), channels=channels, expand_animations=False
            )
            pixels = tf.image.resize(pixels, size)
        except (OSError, ValueError, tf.errors.OpError):
            raise ConfigError(key, "has a file that cannot be read as an image", file) from None
    scaled: Array = pixels.numpy() / np.float32(255)
    return scaled


def _read_text(key: str, file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(key, "has a file that cannot be read as UTF-8", file) from None
