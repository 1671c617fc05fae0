"""Classify iris flowers with a small dense network."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.utils import to_categorical

iris = load_iris()
X = iris.data.astype("float32")
y = to_categorical(iris.target, 3)

X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=42, stratify=iris.target)

model = Sequential()
model.add(Dense(16, input_shape=(4,), activation="relu"))
model.add(Dense(16, activation="relu"))
model.add(Dense(3, activation="softmax"))

model.compile(optimizer=Adam(learning_rate=0.01), loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(X_train, y_train, epochs=40, batch_size=8, verbose=0)

loss, acc = model.evaluate(X_test, y_test, verbose=0)
print("Test loss: %.3f, accuracy: %.3f" % (loss, acc))
print("First predictions:", np.argmax(model.predict(X_test[:5], verbose=0), axis=1))
