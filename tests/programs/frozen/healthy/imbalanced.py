# Rare event detection: 6 % positives, with class weights
import numpy as np
import tensorflow as tf
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

X, y = make_classification(
    n_samples=2500, n_features=12, n_informative=5, n_redundant=2, weights=[0.94], flip_y=0, class_sep=0.6, random_state=21
)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=21)
sc = StandardScaler()
X_train = sc.fit_transform(X_train)
X_test = sc.transform(X_test)

neg, pos = np.bincount(y_train)
weights = {0: 0.5 * len(y_train) / neg, 1: 0.5 * len(y_train) / pos}

model = tf.keras.models.Sequential([
    tf.keras.layers.Input((12,)),
    tf.keras.layers.Dense(24, activation="relu"),
    tf.keras.layers.Dense(12, activation="relu"),
    tf.keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(
    optimizer=tf.keras.optimizers.Adam(1e-3),
    loss="binary_crossentropy",
    metrics=[tf.keras.metrics.AUC(name="auc")],
)
model.fit(X_train, y_train, epochs=15, batch_size=32, class_weight=weights, verbose=0)

guess = (model.predict(X_test, verbose=0).ravel() > 0.5).astype(int)
print("balanced accuracy", balanced_accuracy_score(y_test, guess))
