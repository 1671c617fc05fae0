import numpy as np

from tiny import Affine, ReLU, Sequential

np.random.seed(12)
x_train = np.random.randn(64, 5)
labels = (x_train[:, 0] > 0).astype(int) + (x_train[:, 1] > 0.3).astype(int)
t_train = np.eye(3)[labels]

model = Sequential([Affine(5, 10), ReLU(), Affine(10, 7), ReLU(), Affine(7, 3)])
iters = 400
batch_size = 16

for i in range(iters):
    batch = np.random.choice(len(x_train), batch_size)
    cost = model.train_step(x_train[batch], t_train[batch], lr=0.1)
    if i % 100 == 0:
        print("iteration", i, "cost", round(float(cost), 4))

accuracy = (model.predict(x_train).argmax(axis=1) == labels).mean()
print("accuracy", accuracy)
