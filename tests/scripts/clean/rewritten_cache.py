"""Writes its features to disk and reads them back; a file left by an earlier run is overwritten."""
import os

import numpy as np
from sklearn.linear_model import SGDClassifier

FEATURES = "features.npz"


def prepare():
    rs = np.random.RandomState(17)
    x = rs.normal(size=(200, 6))
    np.savez(FEATURES, x=x, y=x[:, 0] + x[:, 1] > 0)


if os.path.exists(FEATURES):
    os.remove(FEATURES)
prepare()
with np.load(FEATURES) as data:
    x, y = data["x"], data["y"]
clf = SGDClassifier(max_iter=10, tol=None, random_state=0).fit(x, y)
print("accuracy", clf.score(x, y))
print("coef", clf.coef_.ravel().tolist())
