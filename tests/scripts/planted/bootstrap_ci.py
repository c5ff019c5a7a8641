"""Bootstrap confidence interval of a difference in means."""
import argparse

import numpy as np


def load():
    gen = np.random.RandomState(11)
    control = gen.normal(10.0, 2.0, 80)
    treated = gen.normal(10.9, 2.0, 75)
    return control, treated


def resample(values):
    idx = np.random.choice(len(values), size=len(values), replace=True)  # planted
    return values[idx]


def bootstrap(control, treated, n):
    diffs = []
    for _ in range(n):
        diffs.append(resample(treated).mean() - resample(control).mean())
    return np.array(diffs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", "--resamples", type=int, default=2000)
    args = parser.parse_args()

    control, treated = load()
    diffs = bootstrap(control, treated, args.resamples)
    lo, hi = np.percentile(diffs, [2.5, 97.5])
    print("observed", treated.mean() - control.mean())
    print("95% CI", lo, hi)
