"""Makes a patch of a script's files from a fix, as far as lines can be changed by rule."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.analysis.findings.script_causes import Cause
from runner.observe.instrumented import ORDERED
from runner.record.timeline import Place
from runner.remedy.find_fix import Fix
from runner.remedy.fix_wording import SEED, write_seeding
from runner.remedy.remedies import FILL_SEEDS, FIX_SEEDS, SEED_FIRST, SORT_LISTINGS, SORT_SETS

Edit = tuple[int, int, bytes]
"""Offsets of the first byte that is replaced and of the first that is not, and what comes there."""


@dataclass(frozen=True)
class Patch:
    """Changed files."""

    files: dict[str, str]
    """Path, relative to the current directory, to the new text."""
    left: tuple[str, ...]
    """Places for which there is no rule."""

    def diff(self, root: Path) -> str:
        """Return the patch as a unified diff, which `patch -p1` applies."""
        parts: list[str] = []
        for name, text in self.files.items():
            before = _split_lines((root / name).read_bytes().decode("utf-8"))
            after = _split_lines(text)
            parts += difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")
        unended = "\n\\ No newline at end of file\n"
        return "".join(each if each.endswith("\n") else each + unended for each in parts)


def make_patch(
    fix: Fix, causes: Sequence[Cause], script: str, root: Path, *, torch: bool = False
) -> Patch:
    """Make the patch of a fix.

    Args:
        fix: remedies that were seen to help.
        causes: the lines by which runs part.
        script: path of the script, relative to `root`.
        root: directory of the files.
        torch: whether the script uses PyTorch.
    """
    edits: dict[str, list[Edit]] = {}
    left = []
    for remedy in fix.remedies:
        if remedy is SEED_FIRST:
            edits.setdefault(script, []).append(
                _seed_first(root / script, write_seeding(causes, torch=torch))
            )
            continue
        change = _CHANGES.get(remedy.name)
        for cause in causes:
            if cause.event.kind not in remedy.kinds:
                continue
            for place in (cause.event.place, *cause.further):
                # What a line does several times must not get one seed each time.
                once = cause.event.times == 1 or remedy in (SORT_LISTINGS, SORT_SETS)
                rule = change if once else None
                found = rule and _change_line(root, place, cause.event.call, rule)
                if found:
                    edits.setdefault(place.file, []).append(found)
                else:
                    left.append(str(place))
    files = {name: _apply(root / name, each) for name, each in edits.items()}
    return Patch(files, tuple(left))


def _seed_first(path: Path, lines: Sequence[str]) -> Edit:
    """Return the edit that puts a seed before all but a docstring and imports of `__future__`."""
    text = path.read_bytes()
    starts = _find_starts(text)
    first = len(text)
    for node in ast.parse(text).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not docstring and not future:
            first = starts[node.lineno - 1]
            break
    modules = dict.fromkeys(line.partition(".")[0] for line in lines)
    new = [*(f"import {module}" for module in modules), "", *lines, "", ""]
    ending = "\r\n" if b"\r\n" in text else "\n"
    return first, first, ending.join(new).encode()


def _change_line(
    root: Path, place: Place, call: str, change: Callable[[ast.AST, str], ast.expr | None]
) -> Edit | None:
    """Return the edit that a rule makes at a line; None where it finds nothing to change."""
    path = root / place.file
    if path.suffix != ".py" or not path.is_file():
        return None
    text = path.read_bytes()
    starts = _find_starts(text)
    for node in ast.walk(ast.parse(text)):
        found = change(node, call.rpartition(".")[2])
        if found is None or found.lineno > place.line or (found.end_lineno or 0) < place.line:
            continue
        begin = starts[found.lineno - 1] + found.col_offset
        end = starts[(found.end_lineno or 0) - 1] + (found.end_col_offset or 0)
        if change in (_find_listing, _find_set):
            return begin, end, b"sorted(" + text[begin:end] + b")"
        return begin, end, _give_seed(text[begin:end], of_torch=call.startswith("torch."))
    return None


def _give_seed(segment: bytes, *, of_torch: bool) -> bytes:
    """Return a call with a seed as its only argument, in place of any that was there."""
    # A call may go over several lines only because of brackets that stand around it.
    around = b"(" + segment + b")"
    (statement,) = ast.parse(around).body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    called = statement.value.func
    end = _find_starts(around)[(called.end_lineno or 1) - 1] + (called.end_col_offset or 0)
    name = around[1:end]
    if of_torch and name.endswith(b".seed"):
        name = name.removesuffix(b"seed") + b"manual_seed"
    return name + b"(" + str(SEED).encode() + b")"


def _name_called(node: ast.AST) -> str | None:
    """Return the name of the function that a call calls; None for anything else."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else None


def _find_call(node: ast.AST, name: str) -> ast.expr | None:
    """Return a call of a function of a name, with at most the seed as its argument."""
    if not isinstance(node, ast.Call) or _name_called(node) != name:
        return None
    given = [*node.args, *(each.value for each in node.keywords)]
    plain = all(isinstance(each, ast.Name | ast.Call | ast.Constant | ast.BinOp) for each in given)
    return node if len(given) <= 1 and plain else None


def _find_listing(node: ast.AST, name: str) -> ast.expr | None:
    return node if isinstance(node, ast.Call) and _name_called(node) == name else None


def _find_set(node: ast.AST, _: str) -> ast.expr | None:
    """Return what a loop goes over, or what a function takes in its order."""
    if isinstance(node, ast.Call) and _name_called(node) in ORDERED and node.args:
        return node.args[0]
    if isinstance(node, ast.For | ast.comprehension) and _name_called(node.iter) not in ORDERED:
        return node.iter
    return None


_CHANGES: dict[str, Callable[[ast.AST, str], ast.expr | None]] = {
    FIX_SEEDS.name: _find_call,
    FILL_SEEDS.name: _find_call,
    SORT_LISTINGS.name: _find_listing,
    SORT_SETS.name: _find_set,
}
"""Remedy to the rule that finds the expression to change at a line."""


def _split_lines(text: str) -> list[str]:
    """Split at line feeds only, as `patch` does; carriage returns stay in their lines."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _find_starts(text: bytes) -> list[int]:
    """Return the offset of the first byte of each line."""
    starts = [0]
    for line in re.findall(rb"[^\n]*\n|[^\n]+", text):
        starts.append(starts[-1] + len(line))
    return starts


def _apply(path: Path, edits: Iterable[Edit]) -> str:
    text = path.read_bytes()
    for begin, end, new in sorted(set(edits), reverse=True):
        text = text[:begin] + new + text[end:]
    return text.decode("utf-8")
