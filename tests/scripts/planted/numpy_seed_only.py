import numpy as np
from keras.layers import Dense
from keras.models import Sequential

# fix random seed for reproducibility
np.random.seed(7)

# made data instead of the csv of the tutorial
X = np.random.randn(250, 8)
Y = (X[:, 1] + X[:, 5] * X[:, 2] > 0).astype(int)

# create model
model = Sequential()
model.add(Dense(12, activation="relu"))  # planted
model.add(Dense(8, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])

model.fit(X, Y, epochs=4, batch_size=10, verbose=0)
scores = model.evaluate(X, Y, verbose=0)
print("%s: %.2f%%" % ("accuracy", scores[1] * 100))
print("loss", scores[0])
