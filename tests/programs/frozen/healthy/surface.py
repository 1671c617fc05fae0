# Regression on a curved surface: two inputs, one output
import numpy as np
from sklearn.model_selection import train_test_split
from tensorflow.keras.callbacks import ReduceLROnPlateau
from tensorflow.keras.layers import Dense
from tensorflow.keras.losses import Huber
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam

np.random.seed(1)
a = np.random.uniform(-1, 1, 1500)
b = np.random.uniform(-1, 1, 1500)
X = np.column_stack([a, b])
target = 2 * a**2 - 3 * a * b + b**3 + 0.1 * np.random.randn(1500)

X_train, X_test, y_train, y_test = train_test_split(X, target, test_size=0.2, random_state=1)

model = Sequential()
model.add(Dense(32, activation='relu', input_shape=(2,)))
model.add(Dense(32, activation='relu'))
model.add(Dense(1))
model.compile(optimizer=Adam(learning_rate=0.005), loss=Huber(), metrics=['mae'])

reduce_lr = ReduceLROnPlateau(monitor='val_loss', factor=0.5, patience=5)
model.fit(X_train, y_train, epochs=20, batch_size=32, validation_split=0.1, callbacks=[reduce_lr], verbose=0)
print('Test loss, MAE:', model.evaluate(X_test, y_test, verbose=0))
