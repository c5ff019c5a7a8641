import numpy as np
from sklearn.linear_model import LogisticRegression

N_BUCKETS = 24

users = ["u%03d" % i for i in range(120)]
countries = ["de", "fr", "us", "in", "br", "jp", "ng", "mx"]
devices = ["android", "ios", "windows", "mac", "linux"]


def simulate():
    rs = np.random.RandomState(42)
    rows, clicks = [], []
    for u in users:
        c, d = rs.choice(countries), rs.choice(devices)
        rate = 0.2 + 0.5 * (d in ("ios", "mac")) + 0.2 * (c == "us")
        rows.append(("country=" + str(c), "device=" + str(d)))
        clicks.append(int(rs.rand() < rate))
    return rows, np.array(clicks)


def featurize(row):
    x = np.zeros(N_BUCKETS)
    for token in row:
        x[hash(token) % N_BUCKETS] += 1.0  # planted
    return x


rows, clicks = simulate()
X = np.array([featurize(r) for r in rows])
model = LogisticRegression().fit(X, clicks)
print("train accuracy:", model.score(X, clicks))
print("coefficients:", model.coef_.ravel().tolist())
