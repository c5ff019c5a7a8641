import argparse

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--noise", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=None, help="random seed")
    return parser.parse_args()


def permutation_importance(model, df, column, repeats=10):
    base = model.score(df[["a", "b", "c"]], df["y"])
    drops = []
    for _ in range(repeats):
        shuffled = df.copy()
        shuffled[column] = np.random.permutation(shuffled[column].values)
        drops.append(base - model.score(shuffled[["a", "b", "c"]], df["y"]))
    return np.mean(drops)


def main():
    args = parse_args()
    np.random.seed(args.seed)  # planted
    df = pd.DataFrame({c: np.linspace(-1, 1, args.rows) ** k for k, c in enumerate("abc", 1)})
    df["y"] = 2 * df.a - df.b + args.noise * np.random.randn(args.rows)
    model = LinearRegression().fit(df[["a", "b", "c"]], df["y"])
    for column in "abc":
        print(column, permutation_importance(model, df, column))
    print("coef", model.coef_.tolist())


if __name__ == "__main__":
    main()
