"""The documentation of the rules for published tables, from their table and docstrings."""

from __future__ import annotations

from runner.published.table_rule import SECTIONS, TableRule
from runner.published.table_rules import RULES, SUBJECTS

INTRODUCTION = """\
# Tables that others published

`python -m runner audit-table FILE` looks for what cannot be, and for what chance would not do, in
a table of results. It needs the table alone, neither the code nor the data. Take this one, in
`results.csv`:

```csv
data set,MLP,CNN,GRU
Gears,87.47 (1.59),89.07 (1.46),49.33 (0.00)
Leaves,75.45 (1.39),77.69 (1.40),72.89 (1.08)
Power,73.31 (0.99),72.17 (1.28),49.85 (0.00)
Words,72.18 (0.51),72.44 (1.27),81.41 (1.42)
```

    python -m runner audit-table results.csv --n 5
    python -m runner audit-table results.csv --n 5 --classes classes.csv

The first command finds nothing: without the number of test rows, an SD of 0.00 may be that of a
small test part. With the test rows of each class, in `classes.csv`,

```csv
data set,class,rows
Gears,1,76
Gears,2,74
Leaves,1,121
Leaves,2,121
Power,1,513
Power,2,516
Words,1,200
Words,2,255
```

the second one finds TAB101, two SDs of 0.00 where chance makes none, and TAB103: both values are
the share of one class. Add `--format json` for every cell of every finding with its line in
the file, or `--format github` for annotations. `--fail-on error` exits with status 0 unless
something is impossible.

    python -m runner audit-table results.csv --n 5 --classes classes.csv --format json
    python -m runner audit-table results.csv --n 5 --test-rows 150 --fail-on error
    python -m runner audit-table --rules

Two tables of one study are compared with `--against`. Here is another one, `later.csv`:

```csv
data set,MLP,CNN,GRU
Gears,87.07 (2.65),89.07 (2.97),49.33 (0.00)
Leaves,75.62 (0.83),78.02 (1.15),73.55 (0.88)
Power,73.35 (0.70),71.20 (2.06),49.85 (0.00)
Words,72.53 (0.35),63.56 (0.84),80.88 (1.92)
```

    python -m runner audit-table results.csv --n 5 --against later.csv

## What it reads

Text whose columns are parted by commas, tabs, semicolons or bars; parquet; and spreadsheets, if
pandas has the package for them. The first line that is printed says what was taken for what: read
it first. If it is wrong, the options say what is right.

| layout | a row is | for example |
| --- | --- | --- |
| long | a run | `dataset,method,seed,accuracy` |
| long | a summary | `dataset,method,mean,sd,n`, with or without `min,max,test_rows` |
| wide | a data set, and a column a method | `93.2`, `93.2 (1.9)`, `93.2 ± 1.9`, `93.2 +- 1.9` |
| wide | a data set, and a column a run | `MLP_run0,MLP_run1,CNN_run0,CNN_run1` |
| wide | a data set and a method, and a column a run | `data,model,acc_1,acc_2` |
| wide | a method, and a column a data set | the first column is `method` or `model` |

| option | what it says |
| --- | --- |
| `--layout` | `long` or `wide` |
| `--cell DATA,METHOD` | columns of both; further ones tell data sets apart |
| `--run`, `--value` | columns of the seed and of the value, if a row is a run |
| `--mean`, `--sd` | columns of the mean and the SD, if a row is a summary |
| `--n` | how many runs a mean has: a column or a number |
| `--test-rows` | how many rows the test part has: a column or a number |
| `--classes` | a file with three columns: data set, class, number of test rows |
| `--scale` | `share` (0 to 1), `percent` (0 to 100), or `number` (no bounds, as for a loss) |

Digits count: `93.20` says more than `93.2`. Where programs have dropped zeros, less is seen, and
nothing wrong is said. In a table most of whose numbers have seven decimals or more, all numbers
are taken to be exact.

## What it does not say

A finding names cells, their numbers and what would explain them. Every one of them has harmless
explanations, and none says that anybody did anything. Nothing is said of whether a result is
right: a table without a finding can be wrong in every cell. Which method is better, and whether
the best one is set in bold, is left out.

The arithmetic rules (TAB2) are exact if the numbers of rows and runs are. They assume that a value
is an accuracy: of F1, AUC or a balanced accuracy, do not give `--test-rows`. The others compare
with chance, at a level of 0.001 for each rule and table, and with spreads that are taken two or
three times too small, since methods and data sets are not alike. The tests hold this against 200
made-up tables in which nothing is wrong, of all layouts: none has a finding worse than info.
Single cells of few runs on few test rows stay unseen.

## What it found in public tables

In the results of Fawaz et al. (2019), files of github.com/hfawaz/dl-4-tsc at e0233ef, tried on
2026-11-28:

- `audit-table results-uea.csv`: the runs of t-LeNet do not differ at all on 70 of 85 data sets
  (TAB101), and those of MCNN on 28; in 8 further cells of MCNN, 6 to 9 of 10 runs are equal
  (TAB106).
- The same with `--classes` and the counts of four data sets: t-LeNet has one class's share of the
  test rows on 4 of 4 (TAB103).
- The same with `--against results-ucr-128.csv`: Encoder differs on 56 of 77 data sets, where
  chance makes it 3.9, and shifts by -0.0298; the other methods differ on 2 to 8 of 77. FCN, ResNet
  and MCDCNN differ beyond chance on FordB alone (TAB501).
- `audit-table results-uea-avg-std.csv --n 10`: nothing. With one decimal and without test rows, an
  SD of 0.0 can be chance.
- The same with a column of test rows (the smallest number of which all runs on a data set are
  multiples): t-LeNet on 71 of 85, and MCNN on 29 (TAB101). None of the 765 means and SDs is
  impossible.

t-LeNet takes a majority vote over all series instead of one for each. That three methods differ on
FordB and nowhere else suggests that its test part is not the same in the two files.

## Rules
"""


def format_docs() -> str:
    """Return the documentation of all rules in Markdown, as docs/tables.md holds it."""
    parts = [INTRODUCTION, _table()]
    for rule in RULES:
        parts.append(f"\n### {_heading(rule)}\n\n{_body(rule)}\n")
    parts.append("\n<!-- Made by `python -m runner audit-table --docs > docs/tables.md`. -->\n")
    return "".join(parts)


def format_rules() -> str:
    """Return a list of the rules for the terminal, one per line, grouped by subject."""
    width = max(len(rule.name) for rule in RULES)
    lines = []
    for prefix, subject in SUBJECTS.items():
        lines.append(subject)
        lines += [
            f"  {rule.code} {rule.severity.name:7} {rule.name:{width}} {rule.summary}"
            for rule in RULES
            if rule.code.startswith(prefix)
        ]
    return "\n".join(lines)


def _heading(rule: TableRule) -> str:
    return f"{rule.code} {rule.name} ({rule.severity.name})"


def _table() -> str:
    lines = ["", "| code | name | severity | what is seen |", "|" + " --- |" * 4]
    for rule in RULES:
        name = f"[{rule.name}](#{rule.code.lower()}-{rule.name}-{rule.severity.name})"
        lines.append(f"| {' | '.join((rule.code, name, rule.severity.name, rule.summary))} |")
    return "\n".join(lines) + "\n"


def _body(rule: TableRule) -> str:
    text = rule.documentation
    for section in SECTIONS:
        text = text.replace(f"## {section}\n", f"**{section}**\n")
    return text
