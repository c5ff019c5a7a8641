import argparse

import numpy as np
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from networks import Autoencoder


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--latent", type=int, default=3)
    args = parser.parse_args()

    x = StandardScaler().fit_transform(load_wine().data).astype("float32")
    model = Autoencoder(x.shape[1], latent=args.latent)
    model.compile(optimizer="adam", loss="mse")
    history = model.fit(x, x, batch_size=32, epochs=args.epochs, verbose=0)
    print("history", history.history["loss"])

    errors = np.mean((model.predict(x, verbose=0) - x) ** 2, axis=1)
    np.savetxt("errors.csv", errors)
    print("outliers", np.argsort(errors)[-3:].tolist(), "mean error", float(errors.mean()))


if __name__ == "__main__":
    main()
