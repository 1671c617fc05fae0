# Sentiment of made-up reviews: word indices -> Embedding -> average -> sigmoid
import numpy as np
from tensorflow.keras.layers import Dense, Embedding, GlobalAveragePooling1D
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.preprocessing.sequence import pad_sequences

vocab_size = 200
max_length = 20
rng = np.random.RandomState(4)

# words 1-20 are positive, 21-40 negative, the rest say nothing
reviews, sentiments = [], []
for i in range(1500):
    positive = rng.randint(2)
    length = rng.randint(10, max_length + 1)
    review = rng.randint(41, vocab_size, size=length)
    n_mood = rng.randint(2, 5)
    places = rng.choice(length, n_mood, replace=False)
    review[places] = rng.randint(1, 21, size=n_mood) if positive else rng.randint(21, 41, size=n_mood)
    reviews.append(review.tolist())
    sentiments.append(positive)

data = pad_sequences(reviews, maxlen=max_length, padding="post")
labels = np.array(sentiments)
x_train, x_test = data[:1200], data[1200:]
y_train, y_test = labels[:1200], labels[1200:]

model = Sequential([
    Embedding(vocab_size, 16),
    GlobalAveragePooling1D(),
    Dense(16, activation="relu"),
    Dense(1, activation="sigmoid"),
])
model.compile(loss="binary_crossentropy", optimizer=Adam(learning_rate=0.005), metrics=["accuracy"])
model.fit(x_train, y_train, epochs=8, batch_size=32, validation_data=(x_test, y_test), verbose=0)
print("accuracy: %.2f%%" % (100 * model.evaluate(x_test, y_test, verbose=0)[1]))
