"""Which of three brackets was opened last and never closed? (a memory task for a GRU)"""
import keras
import numpy as np
from keras import layers
from keras.utils import to_categorical

LENGTH = 10
rng = np.random.default_rng(8)

# tokens: 1, 2, 3 are the signals, 4-9 are noise; the last signal is the answer
sequences = rng.integers(4, 10, size=(2000, LENGTH))
answers = np.empty(2000, dtype=int)
for row, sequence in enumerate(sequences):
    positions = np.sort(rng.choice(LENGTH, size=2, replace=False))
    signals = rng.integers(1, 4, size=2)
    sequence[positions] = signals
    answers[row] = signals[-1] - 1

targets = to_categorical(answers, 3)
x_train, x_test = sequences[:1500], sequences[1500:]
y_train, y_test = targets[:1500], targets[1500:]

inputs = keras.Input(shape=(LENGTH,), dtype="int32")
x = layers.Embedding(10, 8)(inputs)
x = layers.GRU(24)(x)
outputs = layers.Dense(3, activation="softmax")(x)
model = keras.Model(inputs, outputs, name="last_signal")

model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.01), metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=50, epochs=12, validation_split=0.1, verbose=0)
print("test:", model.evaluate(x_test, y_test, verbose=0))
