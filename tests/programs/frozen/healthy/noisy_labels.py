"""A fifth of the labels is wrong on purpose; labels are -1 and 1, and the loss is the hinge loss."""
import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(3)
x = rng.normal(size=(2000, 5))
clean = np.where(x[:, 0] * x[:, 1] + 0.5 * x[:, 2] > 0, 1.0, -1.0)
flipped = rng.random(2000) < 0.2
y = np.where(flipped, -clean, clean)

x_train, x_test = x[:1500], x[1500:]
y_train, y_test = y[:1500], y[1500:]

model = keras.Sequential(name="hinge")
model.add(layers.Input(shape=(5,)))
model.add(layers.Dense(24, activation="relu"))
model.add(layers.Dense(12, activation="relu"))
model.add(layers.Dense(1, activation="tanh"))
model.compile(loss="hinge", optimizer=keras.optimizers.Adam(learning_rate=0.003))
model.fit(x_train, y_train, epochs=20, batch_size=32, validation_data=(x_test, y_test), verbose=0)

sign = np.sign(model.predict(x_test, verbose=0)).ravel()
print("agrees with the noisy labels:", np.mean(sign == y_test))
