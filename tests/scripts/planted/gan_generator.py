import keras
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed(0)

LATENT = 4


class TinyGAN:
    def __init__(self):
        self.generator = keras.Sequential([layers.Input((LATENT,)), layers.Dense(16, "relu"), layers.Dense(2)])
        self.critic = keras.Sequential([layers.Input((2,)), layers.Dense(16, "relu"), layers.Dense(1)])
        self.g_opt = keras.optimizers.Adam(1e-2)
        self.d_opt = keras.optimizers.Adam(1e-2)
        self.noise = tf.random.Generator.from_non_deterministic_state()  # planted

    def sample(self, n):
        return self.generator(self.noise.normal((n, LATENT)))

    def train_step(self, real):
        with tf.GradientTape() as tape:
            fake = self.sample(len(real))
            d_loss = tf.reduce_mean(self.critic(fake) - self.critic(real)) + 0.1 * tf.reduce_mean(self.critic(real) ** 2)
        variables = self.critic.trainable_variables
        self.d_opt.apply_gradients(zip(tape.gradient(d_loss, variables), variables))
        with tf.GradientTape() as tape:
            g_loss = -tf.reduce_mean(self.critic(self.sample(len(real))))
        variables = self.generator.trainable_variables
        self.g_opt.apply_gradients(zip(tape.gradient(g_loss, variables), variables))
        return d_loss, g_loss


angles = tf.linspace(0.0, 6.28, 64)
real = tf.stack([tf.cos(angles), tf.sin(angles)], axis=1)
gan = TinyGAN()
for step in range(15):
    d_loss, g_loss = gan.train_step(real)
print("critic", float(d_loss))
print("generator", float(g_loss))
