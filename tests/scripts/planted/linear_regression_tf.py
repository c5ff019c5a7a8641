# Linear regression with GradientTape, following the TF basics guide
import tensorflow as tf

x = tf.reshape(tf.linspace(-2.0, 2.0, 101), (-1, 1))
y = 3.0 * x + 2.0 + 0.3 * tf.sin(9.0 * x)


class LinearModel(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.random.normal((1, 1)), name="w")  # planted
        self.b = tf.Variable(tf.zeros((1,)), name="b")

    @tf.function
    def __call__(self, x):
        return x @ self.w + self.b


def train_step(model, lr):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    dw, db = tape.gradient(loss, [model.w, model.b])
    model.w.assign_sub(lr * dw)
    model.b.assign_sub(lr * db)
    return loss


model = LinearModel()
for step in range(20):
    loss = train_step(model, 0.05)
    if step % 5 == 0:
        print(f"step {step}: loss {loss.numpy():.5f}")
print("w", model.w.numpy().item(), "b", model.b.numpy().item())
