"""A ring around a disc. No validation set: we only look at the score at the end."""
import numpy as np
from sklearn.datasets import make_circles

import keras
from keras.layers import Dense

X, y = make_circles(n_samples=800, noise=0.08, factor=0.5, random_state=5)
X_train, y_train = X[:600], y[:600]
X_test, y_test = X[600:], y[600:]

model = keras.Sequential()
model.add(keras.Input(shape=(2,)))
model.add(Dense(24, activation="relu", kernel_initializer="he_normal"))
model.add(Dense(24, activation="relu", kernel_initializer="he_normal"))
model.add(Dense(1, activation="sigmoid"))
model.compile(optimizer=keras.optimizers.RMSprop(learning_rate=0.005), loss="binary_crossentropy")
model.fit(X_train, y_train, epochs=30, batch_size=20, verbose=0)

p = model.predict(X_test, verbose=0).ravel()
print("accuracy:", np.mean((p > 0.5) == y_test))
