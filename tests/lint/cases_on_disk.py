"""The cases on disk: how they are found, composed and marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from runner.config.compose import open_configs
from runner.lint.targets import LintTarget, compose_target

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """A file `cases/CODE/fires*.yaml` or `quiet*.yaml`.

    `# fires` marks the line that the finding must name, `# also: CODE` other rules that the same
    mistake breaks. Everything else of severity warning or worse is a false alarm.
    """

    path: Path

    @property
    def code(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        return f"{self.code}/{self.path.stem}"

    @property
    def fires(self) -> bool:
        return self.path.stem.split("_")[0] == "fires"

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def marked(self) -> set[int]:
        lines = enumerate(self.text.splitlines(), 1)
        return {number for number, line in lines if re.search(r"# fires\b", line)}

    @property
    def also(self) -> set[str]:
        return set(re.findall(r"also: (RUN\d+)", self.text))


FOUND = [Case(path) for path in sorted(CASES.glob("*/*.yaml"))]


@cache
def compose_case(case: Case) -> LintTarget:
    """Compose a case as `lint --config-dir` does."""
    with open_configs(CASES) as configs:
        return compose_target(configs, [f"+{case.code}={case.path.stem}"], case.path)
