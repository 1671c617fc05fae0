import keras
from keras import layers
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

# 178 wines, 13 chemical measurements, 3 growers
features, labels = load_wine(return_X_y=True)
x_train, x_val, y_train, y_val = train_test_split(features, labels, test_size=0.25, random_state=1, stratify=labels)

scaler = StandardScaler()
x_train = scaler.fit_transform(x_train)
x_val = scaler.transform(x_val)

model = keras.Sequential(
    [
        keras.Input(shape=(13,)),
        layers.Dense(32, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(16, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ]
)
model.summary()

model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.Adam(learning_rate=0.005),
    metrics=["accuracy"],
)
history = model.fit(x_train, y_train, batch_size=16, epochs=30, validation_data=(x_val, y_val), verbose=2)

print(model.evaluate(x_val, y_val))
