import numpy as np
from data import minibatches, moons
from network import Network

X, Y = moons()
net = Network([2, 8, 8, 1], seed=4)
rs = np.random.RandomState(1)

for epoch in range(200):
    for x, y in minibatches(X, Y, 20, rs):
        net.move(*net.slopes(x, y), rate=0.2)
    if epoch % 40 == 0:
        wrong = np.sum((net.outputs(X)[-1] > 0.5) != Y)
        print("epoch", epoch, "wrong", wrong)
