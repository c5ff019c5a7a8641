import json
import sys

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR


def cross_validate(X, y, c, folds=5):
    errors = []
    for train, test in KFold(n_splits=folds, shuffle=True).split(X):  # planted
        model = make_pipeline(StandardScaler(), SVR(C=c))
        model.fit(X[train], y[train])
        errors.append(float(np.mean((model.predict(X[test]) - y[test]) ** 2)))
    return errors


def main(argv):
    cs = [float(a) for a in argv] or [1.0, 10.0, 100.0]
    X, y = load_diabetes(return_X_y=True)
    report = {}
    for c in cs:
        errors = cross_validate(X, y, c)
        report[str(c)] = {"mean": float(np.mean(errors)), "std": float(np.std(errors))}
        print("C =", c, report[str(c)])
    with open("cv_report.json", "w") as f:
        json.dump(report, f, indent=2)
    best = min(report, key=lambda k: report[k]["mean"])
    print("best C", best, report[best]["mean"])


if __name__ == "__main__":
    main(sys.argv[1:])
