# One wide hidden layer
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras.layers import BatchNormalization, Dense
from tensorflow.keras.models import Sequential

X, y = make_classification(
    n_samples=1600, n_features=20, n_informative=8, n_redundant=4, n_classes=3, class_sep=1.5, random_state=5
)
X = X * 10 + 50  # raw sensor units; the first layer normalises them
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=5)

model = Sequential()
model.add(keras.layers.Input(shape=(20,)))
model.add(BatchNormalization())
model.add(Dense(512, activation="relu"))
model.add(Dense(3, activation="softmax"))

model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=0.05),
    loss=keras.losses.SparseCategoricalCrossentropy(),
    metrics=["accuracy"],
)
model.fit(X_train, y_train, epochs=15, batch_size=32, validation_split=0.2, verbose=0)
print(dict(zip(model.metrics_names, model.evaluate(X_test, y_test, verbose=0))))
