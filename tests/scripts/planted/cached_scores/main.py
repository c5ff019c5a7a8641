import json
import os

import numpy as np
from sklearn.datasets import load_wine
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

CACHE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scores.json")


def compute():
    X, y = load_wine(return_X_y=True)
    model = make_pipeline(StandardScaler(), SGDClassifier(max_iter=5, tol=None))
    return {"log": [cross_val_score(model, X, y, cv=5).tolist() for _ in range(5)]}


def cached():
    if os.path.exists(CACHE):
        with open(CACHE) as f:  # planted
            return json.load(f)
    scores = compute()
    with open(CACHE, "w") as f:
        json.dump(scores, f)
    return scores


scores = np.array(cached()["log"])
print("five repetitions of five folds", scores.shape)
print("mean", scores.mean(), "std", scores.std())
