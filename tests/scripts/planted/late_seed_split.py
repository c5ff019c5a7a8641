import random

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split

X, y = load_diabetes(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25)  # planted


def fix_seeds(seed):
    random.seed(seed)
    np.random.seed(seed)


def main():
    fix_seeds(2023)
    model = GradientBoostingRegressor(n_estimators=40, subsample=0.7)
    model.fit(X_train, y_train)
    print("train MAE", mean_absolute_error(y_train, model.predict(X_train)))
    print("val MAE", mean_absolute_error(y_val, model.predict(X_val)))


if __name__ == "__main__":
    main()
