"""Says under each block of a page what it says, and what it does not say."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """Two sentences under a block."""

    says: str
    says_not: str


SWEEP_NOTES = {
    "verdicts": Note(
        "What the runs that were made did, compared bit for bit.",
        "That a further run must do the same. Where runs agreed, the explanation in the details"
        " gives the bound that their number leaves open.",
    ),
    "table": Note(
        "Each row is one configuration. The columns inputs, calls, builds and across runs say"
        " whether outputs are the same along that axis: “same” means bit for bit, “rounding” within"
        " the tolerance. A metric is its mean ± SD over the runs' first builds.",
        "Anything about inputs other than the probe's. A dash means that something was not"
        " measured, which is neither the same nor 0.",
    ),
    "dots": Note(
        "Each dot is one run; a ring is a replay or a resumed run. The line is the mean of the"
        " dots, and the bar its Student t interval, both without the rings.",
        "Where a further run will fall: the interval is about the mean, and rests on independent"
        " runs. If all values are equal it has no width, which says only that none of these runs"
        " differed.",
    ),
    "strip": Note(
        "In each column, cells with the same letter have the same digest. Read the rows of one"
        " build from the left: the first column with several letters is where its runs part.",
        "How far apart two values are: a digest changes as much for one bit as for all. Letters"
        " of different columns have nothing to do with each other.",
    ),
    "pairs": Note(
        "How far the outputs of any two runs are apart. “=” means bitwise the same; a 0 means"
        " different bits with nothing to show for it in this measure.",
        "Which of the two runs is right. Replays and resumed runs are left out.",
    ),
    "claims": Note(
        "What was claimed, what was measured, and whether the one contradicts the other.",
        "Whether the claim holds elsewhere: only these configurations, data and machines were"
        " tried. “inconclusive” means that the runs cannot tell, not that the claim is doubtful.",
    ),
    "findings": Note(
        "What rules saw in the records of the runs, the worst first.",
        "That nothing else is wrong: only what a rule looks for can be found.",
    ),
    "varied": Note(
        "How the runs were seeded, which sources of randomness the config is known to draw anew,"
        " and in which of them the runs were seen to differ.",
        "What would happen if something else were varied. What was held fixed was tried at one"
        " value only.",
    ),
    "varied_keys": Note(
        "Which keys were set, on the command line or by an experiment, and to which values.",
        "What other values would do, or how the runs depend on keys that were never set.",
    ),
    "factors": Note(
        "Each swept key alone, all other keys being equal. Outputs are compared between runs with"
        " equal seeds. Differences of metrics are of runs with equal seeds too where there are"
        " any, and otherwise of two samples.",
        "How keys act together, or what values that were not tried would do. A difference without"
        " an interval, or whose interval includes 0, may be chance.",
    ),
    "sources": Note(
        "The SD of a metric if only this source varies, as a share of the SD if all of them do.",
        "Parts of a whole: shares need not add up to 100%, and each was measured at one value of"
        " the other sources' seeds. Bars and their intervals are cut off at 150%.",
    ),
    "environment": Note(
        "What the runs recorded of versions, processor, threads and flags. Only values on which"
        " they disagree are listed one by one.",
        "That nothing else differed: drivers, other load on the machine, and files that no config"
        " names are not recorded.",
    ),
    "against": Note(
        "What changed since the earlier sweep. Runs with equal seeds were compared bit for bit,"
        " and the metrics of others as two samples.",
        "Why it changed, beyond the keys, versions and machines that are recorded.",
    ),
    "repeat": Note(
        "The command as it was typed. Run it in the directory in which the sweep was started.",
        "That the code, the data or the environment are still what they were: `python -m runner"
        " compare` tells. What was trusted by --trust is not kept and must be typed again.",
    ),
}
"""Name of a block of a sweep's page to its note."""

COMPARISON_NOTES = {
    "matched": Note(
        "Configurations that both sweeps have. Their runs with equal seeds were compared bit for"
        " bit, and the metrics of others as two samples.",
        "Anything about runs whose seeds only one sweep has. “unmeasured” means that nothing could"
        " be compared, which is not the same as no difference.",
    ),
    "stages": Note(
        "Which stages of two runs with equal seeds have the same digest, layer by layer, and how"
        " far apart the outputs are at most, in their units and in floats that lie between.",
        "How far apart the weights of a layer are: only digests of them are kept. Near 0 a tiny"
        " difference spans many floats.",
    ),
    "environment": SWEEP_NOTES["environment"],
    "alone": Note(
        "Configurations that only one of the two sweeps has.",
        "Anything about how they would compare.",
    ),
}
"""Name of a block of a comparison's page to its note."""
