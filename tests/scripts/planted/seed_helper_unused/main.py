import argparse
import pickle

from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import scale

from model import LogisticModel
from utils import accuracy, set_seed


def train(seed, steps):
    X, y = load_breast_cancer(return_X_y=True)
    X = scale(X)
    model = LogisticModel(X.shape[1])
    model.fit(X, y, steps)
    return model, accuracy(model(X), y)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--steps", type=int, default=15)
    args = parser.parse_args()
    model, acc = train(args.seed, args.steps)
    with open("model.pkl", "wb") as f:
        pickle.dump(model.w, f)
    print("accuracy", acc)
    print("w[0]", model.w[0])
