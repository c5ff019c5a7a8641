import argparse
from pathlib import Path

import keras
from sklearn.datasets import load_digits

HERE = Path(__file__).parent


def make_model():
    return keras.Sequential(
        [keras.layers.Input((64,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    )


def get_model(weights):
    model = make_model()
    model.load_weights(HERE / weights)  # planted
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", default="digits.weights.h5")
    args = parser.parse_args()
    x, y = load_digits(return_X_y=True)
    model = get_model(args.weights)
    for attempt in range(2):
        print("attempt", attempt, model.evaluate(x / 16, y, verbose=0))
    print("evaluate", model.evaluate(x / 16, y, verbose=0))


if __name__ == "__main__":
    main()
