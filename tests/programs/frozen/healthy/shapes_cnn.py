# Squares, discs and crosses in noisy 12x12 images
import numpy as np
from tensorflow.keras.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from tensorflow.keras.models import Sequential
from sklearn.model_selection import train_test_split

SIZE = 12
rng = np.random.RandomState(0)


def draw(kind):
    image = rng.randint(0, 90, size=(SIZE, SIZE))
    r = rng.randint(2, 4)
    cy, cx = rng.randint(r, SIZE - r, size=2)
    yy, xx = np.mgrid[:SIZE, :SIZE]
    dy, dx = np.abs(yy - cy), np.abs(xx - cx)
    if kind == 0:
        mask = np.maximum(dy, dx) == r
    elif kind == 1:
        mask = dy**2 + dx**2 <= r**2
    else:
        mask = (np.minimum(dy, dx) == 0) & (np.maximum(dy, dx) <= r)
    image[mask] += 130
    return image


kinds = rng.randint(0, 3, size=1000)
images = np.array([draw(kind) for kind in kinds], dtype="float32")
images = images.reshape(-1, SIZE, SIZE, 1)
images = images / 255.0

x_train, x_test, y_train, y_test = train_test_split(images, kinds, test_size=0.25, random_state=0)

model = Sequential()
model.add(Conv2D(12, (3, 3), activation="relu", padding="same", input_shape=(SIZE, SIZE, 1)))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(24, (3, 3), activation="relu"))
model.add(Flatten())
model.add(Dense(32, activation="relu"))
model.add(Dropout(0.25))
model.add(Dense(3, activation="softmax"))

model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=25, epochs=14, validation_data=(x_test, y_test), verbose=0)

test_loss, test_acc = model.evaluate(x_test, y_test, verbose=0)
print("Test accuracy:", test_acc)
