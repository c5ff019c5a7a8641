import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso


def fit(alpha, X, y):
    model = Lasso(alpha=alpha).fit(X[:300], y[:300])
    return model.score(X[300:], y[300:])


if __name__ == "__main__":
    X, y = load_diabetes(return_X_y=True)
    started = time.perf_counter()
    results = {}
    with ThreadPoolExecutor(4) as pool:
        futures = {pool.submit(fit, a, X, y): a for a in np.logspace(-3, 0, 12)}
        for future in as_completed(futures):
            results[futures[future]] = future.result()
    print("took", time.perf_counter() - started)
    for alpha in sorted(results):
        print(alpha, results[alpha])
    print("best", max(results, key=results.get), "sum", sum(results[a] for a in sorted(results)))
