import argparse

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier


def run_once(X, y, trees):
    train, test = slice(0, None, 2), slice(1, None, 2)
    forest = RandomForestClassifier(n_estimators=trees, random_state=42).fit(X[train], y[train])  # planted
    return forest.predict_proba(X[test])[:, 1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--trees", type=int, default=25)
    args = parser.parse_args()
    X, y = load_breast_cancer(return_X_y=True)
    runs = np.array([run_once(X, y, args.trees) for _ in range(args.repeats)])
    print("mean probability", runs.mean())
    print("spread over repeats", runs.std(axis=0).mean(), runs[:, :3].tolist())
