"""Sets and hashes of integers do not depend on the hash seed."""
from collections import defaultdict

import numpy as np


def partition(ids, parts=5):
    groups = defaultdict(list)
    for i in set(ids):
        groups[hash(i) % parts].append(i)
    return groups


ids = np.random.RandomState(4).randint(0, 10**6, 300).tolist()
groups = partition(ids)
rng = np.random.default_rng(1)
weights = {g: rng.normal() for g in groups}
print("sizes", {g: len(members) for g, members in groups.items()})
print("weighted", sum(weights[hash(i) % 5] * i for i in ids))
