"""Predict consumption; the identifiers are taken out of the columns with set arithmetic."""
import keras
import numpy as np
import pandas as pd

TARGET = "consumption"
DROP = {"meter_id", TARGET}


def load(n=200):
    rs = np.random.RandomState(8)
    names = ["temperature", "humidity", "wind", "sun", "rain", "hour", "weekday", "persons", "area"]
    df = pd.DataFrame(rs.normal(size=(n, len(names))), columns=names)
    df.insert(0, "meter_id", np.arange(n))
    df[TARGET] = 2 * df["temperature"] + df["area"] * df["persons"] - df["sun"]
    return df


def select_features(df):
    return list(set(df.columns) - DROP)  # planted


def main():
    keras.utils.set_random_seed(9)
    df = load()
    features = select_features(df)
    x, y = df[features].to_numpy("float32"), df[TARGET].to_numpy("float32")
    model = keras.Sequential([keras.Input((len(features),)), keras.layers.Dense(12, "relu"), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x[:150], y[:150], epochs=4, verbose=0)
    print(len(features), "features")
    print("val loss", model.evaluate(x[150:], y[150:], verbose=0))


if __name__ == "__main__":
    main()
