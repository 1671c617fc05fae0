"""Fit a sine."""
import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(0)
x = rng.uniform(-3.0, 3.0, size=(800, 1))
y = np.sin(2 * x) + rng.normal(0.0, 0.1, size=x.shape)

x_train, y_train = x[:600], y[:600]
x_test, y_test = x[600:], y[600:]

model = keras.Sequential([
    layers.Input(shape=(1,)),
    layers.Dense(32, activation="tanh"),
    layers.Dense(32, activation="tanh"),
    layers.Dense(1, activation="linear"),
])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
model.fit(x_train, y_train, epochs=50, batch_size=32, verbose=0)

print("test mse:", model.evaluate(x_test, y_test, verbose=0))
