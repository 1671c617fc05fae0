"""Forecast the next value of a seasonal series from the last 24 values."""
import numpy as np
from tensorflow.keras.layers import Conv1D, Dense, Flatten, Input
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam

WINDOW = 24


def make_series(n=1500):
    rng = np.random.default_rng(6)
    t = np.arange(n)
    series = 20 + 5 * np.sin(2 * np.pi * t / 24) + 3 * np.sin(2 * np.pi * t / 55)
    return series + rng.normal(0, 0.5, size=n)


def windowed(series):
    x = np.array([series[i:i + WINDOW] for i in range(len(series) - WINDOW)])
    y = series[WINDOW:]
    return x[..., np.newaxis], y


series = make_series()
mean, std = series[:1100].mean(), series[:1100].std()
series = (series - mean) / std

X, y = windowed(series)
split = 1100
X_train, y_train = X[:split], y[:split]
X_val, y_val = X[split:], y[split:]

model = Sequential()
model.add(Input(shape=(WINDOW, 1)))
model.add(Conv1D(16, 5, activation="relu"))
model.add(Flatten())
model.add(Dense(16, activation="relu"))
model.add(Dense(1))
model.compile(optimizer=Adam(learning_rate=0.003), loss="mae")
model.fit(X_train, y_train, epochs=15, batch_size=32, validation_data=(X_val, y_val), verbose=0)

print("MAE in units of the series:", model.evaluate(X_val, y_val, verbose=0) * std)
