"""The formats in which commands print what they found."""

from __future__ import annotations

from enum import StrEnum


class TextOrJson(StrEnum):
    """For people, or for programs."""

    text = "text"
    json = "json"


class FindingsFormat(StrEnum):
    """For people, for programs, or as annotations of a workflow."""

    text = "text"
    json = "json"
    github = "github"
