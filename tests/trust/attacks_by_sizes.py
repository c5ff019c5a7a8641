"""Small files that would become large."""

from __future__ import annotations

from attacking import FILE, Attack, experiment

from runner.trust.sizes import MAX_DEPTH, MAX_INTERPOLATED, MAX_VALUES

UNREADABLE = "cannot be read as a config. "


def expand_aliases(levels: int) -> str:
    lines = ["a0: &a0 [" + ",".join("x" * 10) + "]"]
    lines += [f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * 10) + "]" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


def expand_references(levels: int, reference: str) -> str:
    lines = ["task:", "  params:", "    a0: xxxxxxxxxx"]
    for level in range(1, levels):
        lines.append(f"    a{level}: '" + reference.format(level - 1) * 10 + "'")
    return "\n".join(lines) + "\n"


SIZES = {
    "aliases": experiment(expand_aliases(9), f"{FILE}must have at most {MAX_VALUES} values"),
    "depth": experiment(
        "data:\n  source: " + "[" * 300 + "]" * 300 + "\n",
        f"{FILE}nests lists and mappings over {MAX_DEPTH} deep",
    ),
    "depth by aliases": experiment(
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 190)),
        f"{FILE}nests lists and mappings",
    ),
    "open brackets": experiment("x: " + "[" * 900_000, f"{FILE}nests lists and mappings"),
    "bytes": experiment("#" * 1_000_001, f"{FILE}must have at most 1000000 bytes"),
    "interpolations": experiment(
        expand_references(12, "${{task.params.a{}}}"),
        "task.params.a6: must resolve to at most 10000000 characters",
    ),
    "relative interpolations": experiment(
        expand_references(12, "${{.a{}}}"), "task.params.a6: must resolve to at most"
    ),
    "defaults": experiment(
        "defaults: [{/g@task.params.p: a0}]\n", "defaults: put together too many files",
        files={
            "evil/g/a8.yaml": "x: 1\n",
            **{
                f"evil/g/a{i}.yaml":
                "defaults: [" + ",".join(f"{{/g@p{k}: a{i + 1}}}" for k in range(10)) + "]\n"
                for i in range(8)
            },
        },
    ),
    "one interpolation": experiment(
        "task: {params: {x: '${" + "." * 900_000 + "}'}}\n",
        f"{FILE}must have at most {MAX_INTERPOLATED} characters in texts with interpolations",
    ),
    "one interpolation again": experiment(
        "a: &a '${" + "b" * 900 + "}'\nx: [" + "*a, " * 90 + "]\n",
        f"{FILE}must have at most {MAX_INTERPOLATED} characters in texts with interpolations",
    ),
    "a number": experiment(
        "replicates: " + "9" * 6000 + "\n", f"{FILE}{UNREADABLE}Exceeds the limit (4300 digits)"
    ),
    "brackets in an interpolation": experiment(
        "task: {params: {x: '${a:" + "[" * 4000 + "'}}\n", f"{FILE}{UNREADABLE}maximum recursion"
    ),
    "an alias of itself": experiment(
        "task: {params: &a {x: *a}}\n", f"{FILE}nests lists and mappings over {MAX_DEPTH} deep"
    ),
    "no date": experiment(
        "task: {params: {x: !!timestamp '2001-99-99'}}\n", f"{FILE}{UNREADABLE}month must be"
    ),
    "no whole number": experiment(
        "task: {params: {x: !!int 'abc'}}\n", f"{FILE}{UNREADABLE}invalid literal"
    ),
    "no number": experiment(
        "task: {params: {x: !!float 'abc'}}\n", f"{FILE}{UNREADABLE}could not convert"
    ),
    "no keys": Attack(
        {"evil/experiment/x.yaml": "[a, b]\n"},
        f"{FILE}must hold keys, such as seed: {{value: 1}}. Received: a list",
    ),
    "no keys, a text": Attack(
        {"evil/experiment/x.yaml": "hello\n"},
        f"{FILE}must hold keys, such as seed: {{value: 1}}. Received: a single value",
    ),
    "range": Attack(
        {}, "sweep: must have at most 10000 configurations. Received: 999999999. The most come"
        " from seed.value=range(1,1000000000)", "seed.value=range(1,1000000000) -m",
    ),
    "range of a file": experiment(
        "hydra:\n  sweeper:\n    params: {seed.value: 'shuffle(range(1,1000000000))'}\n",
        "sweep: must have at most 10000 configurations. Received: 999999999", "-m",
    ),
    "range without an end": Attack(
        {}, "sweep: must have at most 10000 configurations. Received: 1000000000",
        "train.optimizer.learning_rate=range(0,1,1e-9) -m",
    ),
    "product": Attack(
        {}, "sweep: must have at most 10000 configurations. Received: 39601",
        "seed.value=range(1,200) train.epochs=range(1,200) -m",
    ),
    "linted": Attack(
        {}, "sweep: must have at most 10000 configurations", "lint seed.value=range(1,1000000000)"
    ),
    "replicates": experiment(
        "replicates: 1000000000\n", "sweep: must have at most 100000 runs. Received: 1000000000",
        "-m",
    ),
}  # fmt: skip
"""Small files that would become large."""
