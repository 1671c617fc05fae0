"""Does the walk end above its start? An LSTM over noisy steps."""
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, models

STEPS = 8


def make_walks(n, seed):
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(n, STEPS, 1)).astype("float32")
    label = (steps.sum(axis=(1, 2)) > 0).astype("int32")
    return steps, label


x_train, y_train = make_walks(1000, seed=1)
x_test, y_test = make_walks(400, seed=2)

model = models.Sequential()
model.add(layers.Input(shape=(STEPS, 1)))
model.add(layers.LSTM(16))
model.add(layers.Dense(1, activation="sigmoid"))

model.compile(
    optimizer=tf.keras.optimizers.Adam(learning_rate=0.02),
    loss=tf.keras.losses.BinaryCrossentropy(),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, epochs=10, batch_size=32, validation_data=(x_test, y_test), verbose=2)
