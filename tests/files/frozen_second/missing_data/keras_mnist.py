import time

import numpy as np
from tensorflow.keras.datasets import mnist
from tensorflow.keras.utils import to_categorical

# keras is only used to fetch the data!
(images, digits), (test_images, test_digits) = mnist.load_data()


def as_vectors(pictures):
    return pictures.reshape(len(pictures), -1).astype('float64') / 255


x_all, t_all = as_vectors(images), to_categorical(digits, 10)
x_check = as_vectors(test_images)

ARCHITECTURE = [784, 64, 32, 10]
STEP = 0.1


def logistic(v, slope=False):
    out = 1 / (1 + np.exp(-v))
    return out * (1 - out) if slope else out


def probabilities(v):
    v = np.exp(v - v.max())
    return v / v.sum()


def new_network(seed=0):
    rs = np.random.RandomState(seed)
    net = {}
    for level, (n_from, n_to) in enumerate(zip(ARCHITECTURE[:-1], ARCHITECTURE[1:]), 1):
        net['M%d' % level] = rs.randn(n_to, n_from) / np.sqrt(n_from)
    return net


def run(net, picture):
    """Keeps everything that the way back needs in the same dict as the matrices."""
    net['h0'] = picture
    for level in (1, 2):
        net['v%d' % level] = np.dot(net['M%d' % level], net['h%d' % (level - 1)])
        net['h%d' % level] = logistic(net['v%d' % level])
    return probabilities(np.dot(net['M3'], net['h2']))


def learn(net, picture, wanted):
    guess = run(net, picture)
    blame3 = guess - wanted
    blame2 = np.dot(net['M3'].T, blame3) * logistic(net['v2'], slope=True)
    blame1 = np.dot(net['M2'].T, blame2) * logistic(net['v1'], slope=True)
    net['M3'] -= STEP * np.outer(blame3, net['h2'])
    net['M2'] -= STEP * np.outer(blame2, net['h1'])
    net['M1'] -= STEP * np.outer(blame1, net['h0'])
    return -np.log(guess[wanted.argmax()])


def score(net, pictures, answers):
    return sum(run(net, p).argmax() == a for p, a in zip(pictures, answers)) / len(answers)


net = new_network()
for epoch in range(3):
    start = time.time()
    surprise = np.mean([learn(net, x, t) for x, t in zip(x_all[:2000], t_all[:2000])])
    print('epoch %d: %.3f nats, %.1f s' % (epoch, surprise, time.time() - start))
print('test:', score(net, x_check[:500], test_digits[:500]))
