"""Random search over alpha and the degree of a polynomial."""
import random
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

TRIALS = 12


@dataclass
class Trial:
    alpha: float
    degree: int
    score: float = float("-inf")


def load_data():
    rs = np.random.RandomState(0)
    X = rs.uniform(-2, 2, (150, 3))
    y = X[:, 0] ** 2 - X[:, 1] * X[:, 2] + rs.normal(0, 0.3, 150)
    return X, y


def sample():
    return Trial(alpha=10 ** random.uniform(-4, 2), degree=random.choice([1, 2, 3]))  # planted


def evaluate(trial, X, y):
    model = make_pipeline(StandardScaler(), PolynomialFeatures(trial.degree), Ridge(trial.alpha))
    trial.score = cross_val_score(model, X, y, cv=5).mean()
    return trial


def main():
    X, y = load_data()
    trials = [evaluate(sample(), X, y) for _ in range(TRIALS)]
    best = max(trials, key=lambda t: t.score)
    print(len(trials), "trials")
    print("best", best)


if __name__ == "__main__":
    main()
