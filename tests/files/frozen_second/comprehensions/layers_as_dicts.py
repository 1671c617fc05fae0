import numpy as np

def init_network(layer_dims, seed=3):
    rng = np.random.RandomState(seed)
    return [
        {'w': rng.randn(n_out, n_in) * np.sqrt(1. / n_in), 'b': np.zeros((n_out, 1)), 'act': 'sigmoid' if i == len(layer_dims) - 2 else 'tanh'}
        for i, (n_in, n_out) in enumerate(zip(layer_dims[:-1], layer_dims[1:]))
    ]

def activate(z, kind):
    return {'tanh': np.tanh, 'sigmoid': lambda v: 1. / (1. + np.exp(-v))}[kind](z)

def slope(layer):
    a = layer['a']
    return {'tanh': 1. - np.square(a), 'sigmoid': a * (1. - a)}[layer['act']]

def feed(net, x):
    for layer in net:
        layer['in'] = x
        layer['z'] = np.dot(layer['w'], x) + layer['b']
        x = layer['a'] = activate(layer['z'], layer['act'])
    return x

def backprop(net, y):
    m = y.shape[1]
    a = net[-1]['a']
    # dJ/da of the mean binary cross entropy
    da = (-np.divide(y, a) + np.divide(1 - y, 1 - a)) / m
    for layer in net[::-1]:
        dz = da * slope(layer)
        layer['dw'] = np.dot(dz, layer['in'].T)
        layer['db'] = np.sum(dz, axis=1, keepdims=True)
        da = np.dot(layer['w'].T, dz)

def update(net, alpha):
    for layer in net:
        for k in ('w', 'b'):
            layer[k] = layer[k] - alpha * layer['d' + k]

def cost(a, y):
    return float(np.squeeze(-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))))

def train(net, x, y, alpha=0.5, n_iter=500, print_every=100):
    costs = []
    for i in range(n_iter):
        a = feed(net, x)
        costs.append(cost(a, y))
        backprop(net, y)
        update(net, alpha)
        if print_every and i % print_every == 0:
            print('iter %d cost %.4f' % (i, costs[-1]))
    return costs

if __name__ == '__main__':
    rng = np.random.RandomState(0)
    x = rng.randn(4, 70)
    y = (x[:1] * x[1:2] + x[2:3] > 0).astype(int)
    train(init_network([4, 10, 5, 1]), x, y)
