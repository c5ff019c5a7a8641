import numpy as np

rng = np.random.default_rng(0)


def medians(data, repeats=2000):
    return [np.median(rng.choice(data, data.size)) for _ in range(repeats)]


def interval(values, level=0.95):
    tail = 100 * (1 - level) / 2
    return np.percentile(values, [tail, 100 - tail]).tolist()


data = rng.lognormal(0, 0.7, 150)
print("median", np.median(data))
print("95% interval", interval(medians(data)))
