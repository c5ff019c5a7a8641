import keras
from keras.layers import Dense


class Encoder(keras.layers.Layer):
    def __init__(self, width, latent, **kwargs):
        super().__init__(**kwargs)
        self.hidden = Dense(width, activation="relu")  # planted
        self.code = Dense(latent)

    def call(self, x):
        return self.code(self.hidden(x))


class Autoencoder(keras.Model):
    def __init__(self, features, width=24, latent=3):
        super().__init__()
        self.encoder = Encoder(width, latent)
        self.decoder = keras.Sequential([Dense(width, activation="relu"), Dense(features)])

    def call(self, x):
        return self.decoder(self.encoder(x))
