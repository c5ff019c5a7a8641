from pathlib import Path

import numpy as np


def write_shards(folder, count=8, rows=400):
    """Write shards of a made regression, as an export from a database would be."""
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    rs = np.random.RandomState(6)
    for number in range(count):
        x = rs.normal(size=(rows, 3))
        y = x @ [1.0, -1.0, 2.0] + number
        np.savetxt(folder / f"part-{number:03d}.csv", np.c_[x, y], delimiter=",", fmt="%.6f")
    return sorted(str(path) for path in folder.glob("part-*.csv"))
