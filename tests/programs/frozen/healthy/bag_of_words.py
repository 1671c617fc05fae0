"""Topic of a short text, from word counts."""
import random

import keras
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder

WORDS = {
    "sports": "match goal team coach league player score win season referee stadium ball".split(),
    "cooking": "oven flour butter recipe salt pepper bake dish sauce taste kitchen pan".split(),
    "travel": "flight hotel beach island ticket luggage museum train guide harbour map visa".split(),
    "music": "guitar song album concert drum singer melody band chorus stage record violin".split(),
}
FILLER = "the a of and to in was is it for on with as this that very some many one two".split()


def make_texts(n):
    rnd = random.Random(0)
    texts, topics = [], []
    for _ in range(n):
        topic = rnd.choice(sorted(WORDS))
        words = [rnd.choice(FILLER) for _ in range(12)] + [rnd.choice(WORDS[topic]) for _ in range(3)]
        other = rnd.choice(sorted(WORDS))
        words.append(rnd.choice(WORDS[other]))  # an off-topic word
        rnd.shuffle(words)
        texts.append(" ".join(words))
        topics.append(topic)
    return texts, topics


texts, topics = make_texts(1200)
vectorizer = CountVectorizer()
X = vectorizer.fit_transform(texts).toarray().astype("float32")
encoder = LabelEncoder()
y = encoder.fit_transform(topics)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)

model = keras.Sequential()
model.add(keras.layers.Input(shape=(X.shape[1],)))
model.add(keras.layers.Dense(32, activation="relu"))
model.add(keras.layers.Dropout(0.5))
model.add(keras.layers.Dense(len(encoder.classes_), activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X_train, y_train, epochs=15, batch_size=16, validation_split=0.1, verbose=0)

loss, accuracy = model.evaluate(X_test, y_test, verbose=0)
print("accuracy on held-out texts:", accuracy)
predicted = np.argmax(model.predict(X_test[:3], verbose=0), axis=-1)
print(encoder.inverse_transform(predicted))
