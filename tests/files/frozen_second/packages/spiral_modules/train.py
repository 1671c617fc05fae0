"""python train.py"""
import numpy as np

from nn import Dense, LeakyReLU, Model, RMSpropMomentum, Softmax


def spiral(points=40, classes=3):
    rows, labels = [], []
    for c in range(classes):
        r = np.linspace(0.05, 1, points)
        t = np.linspace(c * 4, (c + 1) * 4, points) + np.random.randn(points) * 0.2
        rows.append(np.c_[r * np.sin(t), r * np.cos(t)])
        labels += [c] * points
    return np.vstack(rows), np.array(labels)


def build():
    return Model([Dense(2, 24), LeakyReLU(), Dense(24, 12), LeakyReLU(), Dense(12, 3), Softmax()])


def main(epochs=300):
    np.random.seed(0)
    x, labels = spiral()
    onehot = np.eye(3)[labels]
    model, optimizer = build(), RMSpropMomentum()
    for epoch in range(epochs):
        probs = model(x)
        model.backward(probs, onehot)
        optimizer.apply(model.trainable())
        if epoch % 50 == 0:
            print(epoch, model.cross_entropy(probs, onehot), np.mean(probs.argmax(axis=1) == labels))


if __name__ == "__main__":
    main()
