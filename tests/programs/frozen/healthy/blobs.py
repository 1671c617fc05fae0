# Multi-class problem: five clusters of points
import tensorflow as tf
from sklearn.datasets import make_blobs
from sklearn.preprocessing import StandardScaler

n_classes = 5
X, y = make_blobs(n_samples=1200, centers=n_classes, n_features=6, cluster_std=2.5, random_state=11)
X = StandardScaler().fit_transform(X)
Y = tf.keras.utils.to_categorical(y, num_classes=n_classes)

n_train = 900
trainX, testX = X[:n_train], X[n_train:]
trainY, testY = Y[:n_train], Y[n_train:]

inputs = tf.keras.layers.Input(shape=(6,))
x = tf.keras.layers.Dense(32, activation=tf.nn.relu)(inputs)
outputs = tf.keras.layers.Dense(n_classes)(x)
model = tf.keras.Model(inputs=inputs, outputs=outputs)

model.compile(
    optimizer=tf.keras.optimizers.Adam(learning_rate=0.01),
    loss=tf.keras.losses.CategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(trainX, trainY, validation_data=(testX, testY), epochs=20, batch_size=32, verbose=0)
print(model.evaluate(testX, testY, verbose=0))
