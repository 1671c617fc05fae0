"""Several labels per observation."""
import keras
from keras.layers import Dense
from keras.models import Sequential
from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


def get_dataset():
    X, y = make_multilabel_classification(n_samples=1500, n_features=20, n_classes=5, n_labels=2, random_state=2)
    return X, y


def get_model(n_inputs, n_outputs):
    model = Sequential()
    model.add(keras.Input(shape=(n_inputs,)))
    model.add(Dense(40, activation="relu"))
    model.add(Dense(n_outputs, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.003), metrics=["binary_accuracy"])
    return model


def main():
    X, y = get_dataset()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=2)
    scaler = StandardScaler()
    X_train = scaler.fit_transform(X_train)
    X_test = scaler.transform(X_test)
    model = get_model(X.shape[1], y.shape[1])
    model.fit(X_train, y_train, epochs=15, batch_size=32, verbose=0)
    print(model.evaluate(X_test, y_test, verbose=0))


if __name__ == "__main__":
    main()
