"""Convolution by gathering patches. Pictures are (n, channel, row, column), all filters 3x3 with a rim of zeros."""
import numpy as np


def patch_index(side):
    # row and column in the padded picture of every pixel of every patch: (side, side, 3, 3)
    r = np.arange(side)[:, None] + np.arange(3)
    return r[:, None, :, None], r[None, :, None, :]


def conv(x, w, b):
    rows, cols = patch_index(x.shape[2])
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    patches = padded[:, :, rows, cols]                      # n, c, side, side, 3, 3
    out = np.tensordot(patches, w, axes=([1, 4, 5], [1, 2, 3]))
    return np.moveaxis(out, 3, 1) + b[:, None, None], (patches, w)


def conv_grad(dout, saved):
    patches, w = saved
    n, c, side = patches.shape[:3]
    db = dout.sum(axis=(0, 2, 3))
    dw = np.einsum('nfij,ncijkl->fckl', dout, patches)
    dpatches = np.einsum('nfij,fckl->ncijkl', dout, w)
    rows, cols = patch_index(side)
    dpadded = np.zeros((n, c, side + 2, side + 2))
    np.add.at(dpadded, (slice(None), slice(None), rows, cols), dpatches)
    return dpadded[:, :, 1:-1, 1:-1], dw, db


def relu(x):
    return np.maximum(0, x), x


def relu_grad(dout, saved):
    return np.where(saved > 0, dout, 0)


def cross_entropy(scores, y):
    n = len(y)
    logp = scores - scores.max(axis=1, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis=1, keepdims=True))
    dscores = np.exp(logp)
    dscores[np.arange(n), y] -= 1
    return -logp[np.arange(n), y].mean(), dscores / n


class SmallConvNet:
    """conv - relu - conv - relu - mean over the picture - linear - softmax"""

    KERNELS = ('K1', 'K2', 'out')

    def __init__(self, filters=(4, 5), classes=3, scale=0.3, reg=0.0, seed=0):
        rng = np.random.RandomState(seed)
        first, second = filters
        self.reg = reg
        self.params = {
            'K1': scale * rng.randn(first, 1, 3, 3), 'k1': np.zeros(first),
            'K2': scale * rng.randn(second, first, 3, 3), 'k2': np.zeros(second),
            'out': scale * rng.randn(second, classes), 'off': np.zeros(classes),
        }

    def scores(self, X):
        p = self.params
        z1, conv1 = conv(X, p['K1'], p['k1'])
        a1, relu1 = relu(z1)
        z2, conv2 = conv(a1, p['K2'], p['k2'])
        a2, relu2 = relu(z2)
        pooled = a2.mean(axis=(2, 3))
        return pooled @ p['out'] + p['off'], (conv1, relu1, conv2, relu2, a2.shape, pooled)

    def loss(self, X, y):
        p, g = self.params, {}
        s, (conv1, relu1, conv2, relu2, shape, pooled) = self.scores(X)
        loss, ds = cross_entropy(s, y)
        loss += 0.5 * self.reg * sum(np.sum(p[name] ** 2) for name in self.KERNELS)

        g['out'], g['off'] = pooled.T @ ds, ds.sum(axis=0)
        pixels = shape[2] * shape[3]
        da2 = np.broadcast_to((ds @ p['out'].T)[:, :, None, None], shape) / pixels
        da1, g['K2'], g['k2'] = conv_grad(relu_grad(da2, relu2), conv2)
        _, g['K1'], g['k1'] = conv_grad(relu_grad(da1, relu1), conv1)
        for name in self.KERNELS:
            g[name] += self.reg * p[name]
        return loss, g


def train(model, X, y, steps=60, lr=0.2):
    for step in range(steps):
        loss, g = model.loss(X, y)
        for name in model.params:
            model.params[name] -= lr * g[name]
        if step % 10 == 0:
            print('step %d: loss %.4f' % (step, loss))


if __name__ == '__main__':
    rng = np.random.RandomState(1)
    y = rng.randint(0, 3, 24)
    X = rng.randn(24, 1, 6, 6) * 0.3
    X[y == 1] += np.eye(6)
    X[y == 2] += (np.indices((6, 6)).sum(axis=0) % 2)
    train(SmallConvNet(reg=1e-3), X, y)
