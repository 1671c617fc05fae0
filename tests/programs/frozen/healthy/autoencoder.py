# Compress 8x8 digits to 32 numbers and back
import keras
from keras.layers import Dense, Input
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

x, _ = load_digits(return_X_y=True)
x = x / 16.0
x_train, x_test = train_test_split(x, test_size=0.2, random_state=0)

# encoder
image = Input(shape=(64,))
encoded = Dense(48, activation="relu")(image)
code = Dense(32, activation="linear")(encoded)
# decoder
decoded = Dense(48, activation="relu")(code)
output = Dense(64, activation="sigmoid")(decoded)

autoencoder = keras.Model(image, output)
autoencoder.compile(optimizer=keras.optimizers.Adam(learning_rate=0.005), loss="mse")
autoencoder.fit(x_train, x_train, epochs=20, batch_size=32, shuffle=True, validation_data=(x_test, x_test), verbose=0)

print("reconstruction error:", autoencoder.evaluate(x_test, x_test, verbose=0))
