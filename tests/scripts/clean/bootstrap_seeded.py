import numpy as np

rng = np.random.default_rng(0)
data = rng.lognormal(0, 0.7, 150)
medians = [np.median(rng.choice(data, data.size)) for _ in range(2000)]
print("median", np.median(data))
print("95% interval", np.percentile(medians, [2.5, 97.5]).tolist())
