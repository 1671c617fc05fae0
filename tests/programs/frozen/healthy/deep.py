"""Two spirals with a deep network."""
import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Model

rng = np.random.default_rng(12)
n = 600
t = np.sqrt(rng.random(n)) * 2.0 * np.pi
arm = np.column_stack([t * np.cos(t), t * np.sin(t)]) / (2.0 * np.pi)
X = np.vstack([arm, -arm]) + rng.normal(0, 0.02, size=(2 * n, 2))
y = np.hstack([np.zeros(n), np.ones(n)])
order = rng.permutation(2 * n)
X, y = X[order], y[order]
X_train, y_train, X_test, y_test = X[:900], y[:900], X[900:], y[900:]

inputs = Input(shape=(2,))
h = inputs
for _ in range(6):
    h = Dense(32, activation="relu", kernel_initializer="he_uniform")(h)
outputs = Dense(1, activation="sigmoid")(h)
model = Model(inputs, outputs)

model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=0.003), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(X_train, y_train, epochs=40, batch_size=32, verbose=0)
print("accuracy", model.evaluate(X_test, y_test, verbose=0)[1])
