import numpy as np
from tensorflow import keras

# the truth table
x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
y = np.array([[0], [1], [1], [0]], dtype="float32")

model = keras.Sequential()
model.add(keras.layers.Dense(8, activation="tanh", input_shape=(2,)))
model.add(keras.layers.Dense(1, activation="sigmoid"))

model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.2))
model.fit(x, y, epochs=80, batch_size=4, verbose=0)

print(model.predict(x, verbose=0).round(2))
