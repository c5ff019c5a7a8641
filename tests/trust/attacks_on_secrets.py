"""Values of the environment that would be shown."""

from __future__ import annotations

from attacking import SECRET, experiment

SECRETS = {
    "wrong type": experiment(
        "builds: ${oc.env:SECRET}\n",
        "builds: must be a whole number. Received: ${oc.env:SECRET}", SECRET=SECRET,
    ),
    "wrong number of runs": experiment(
        "replicates: ${oc.env:SECRET}\n",
        "replicates: must be a whole number or auto. Received: ${oc.env:SECRET}", SECRET=SECRET,
    ),
    "wrong choice": experiment(
        "seed:\n  vary: ${oc.env:SECRET}\n",
        "seed.vary: must be all or a list of data, split, init, order, augment, dropout."
        " Received: ${oc.env:SECRET}", SECRET=SECRET,
    ),
    "checked claim": experiment(
        "claims: [{text: x, digest: '${oc.env:SECRET}'}]\n",
        "claims[0].digest: must not come from the environment, as it is stored."
        " Received: ${oc.env:SECRET}", SECRET=SECRET,
    ),
}  # fmt: skip
"""Values of the environment that would be shown."""
