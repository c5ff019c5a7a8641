import tensorflow as tf
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import scale


class Classifier(tf.keras.Model):
    def __init__(self, units):
        super().__init__()
        self.hidden = tf.keras.layers.Dense(units, activation="relu")
        self.out = tf.keras.layers.Dense(1, activation="softmax")  # planted

    def call(self, x):
        return self.out(self.hidden(x))


def main():
    x, y = load_breast_cancer(return_X_y=True)
    x = scale(x)
    model = Classifier(16)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x[:400], y[:400], epochs=2, verbose=0)
    loss, accuracy = model.evaluate(x[400:], y[400:], verbose=0)
    print("accuracy", accuracy)
    print("probabilities", model.predict(x[400:405], verbose=0).ravel().tolist(), "accuracy", accuracy)


main()
