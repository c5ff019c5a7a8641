"""All attacks by their names in docs/threats.md, and which of them are run or linted."""

from __future__ import annotations

from attacking import CHOSEN
from attacks_by_code import NAMES, PROGRAMS, REACHES
from attacks_by_places import PLACES
from attacks_by_settings import SETTINGS
from attacks_by_sizes import SIZES
from attacks_on_secrets import SECRETS

from runner.trust.names import VARIABLE

ATTACKS = {
    f"{kind}: {name}": attack
    for kind, attacks in (
        ("names", NAMES), ("reaches", REACHES), ("programs", PROGRAMS), ("settings", SETTINGS),
        ("places", PLACES), ("sizes", SIZES), ("secrets", SECRETS),
    )
    for name, attack in attacks.items()
}  # fmt: skip

LINTED = {
    name: attack
    for name, attack in ATTACKS.items()
    if attack.arguments.strip() == CHOSEN and VARIABLE not in attack.environment
}
"""Those that one file does, of which `lint` reads any number at once."""

SAMPLE = (
    "names: model", "names: resolved twice", "names: function", "names: preload",
    "reaches: Lambda", "reaches: dictionary", "places: data", "sizes: aliases",
    "secrets: wrong type",
)  # fmt: skip
"""Those of them that a run is tried with as well. The others differ in what they name."""

RUN = {
    name: attack
    for name, attack in ATTACKS.items()
    if name not in LINTED or name in SAMPLE or name.startswith(("settings: ", "places: run"))
}
"""Hydra only acts on what it is told when something is to run."""
