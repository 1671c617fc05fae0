"""A tiny CNN by hand: 3 filters of 3x3, relu, 2x2 max pooling, softmax. Horizontal bar or vertical bar?"""
import numpy as np

np.random.seed(0)


def make_image():
    img = np.random.rand(8, 8) * 0.3
    label = np.random.randint(2)
    where = np.random.randint(1, 7)
    if label == 0:
        img[where, :] += 1
    else:
        img[:, where] += 1
    return img - 0.3, label


class ConvNet:
    def __init__(self, n_filters=3, size=8, classes=2):
        self.filters = np.random.randn(n_filters, 3, 3) / 3
        self.fbias = np.zeros(n_filters)
        self.out = (size - 2) // 2
        self.dense = np.random.randn(classes, n_filters * self.out * self.out) * 0.1
        self.dbias = np.zeros(classes)

    def forward(self, img):
        n, side = len(self.filters), img.shape[0] - 2
        self.img = img
        self.pre = np.zeros((n, side, side))
        for f in range(n):
            for r in range(side):
                for c in range(side):
                    patch = img[r:r + 3, c:c + 3]
                    self.pre[f, r, c] = np.sum(patch * self.filters[f]) + self.fbias[f]
        self.act = np.maximum(self.pre, 0)
        self.pooled = np.zeros((n, self.out, self.out))
        for f in range(n):
            for r in range(self.out):
                for c in range(self.out):
                    self.pooled[f, r, c] = self.act[f, 2 * r:2 * r + 2, 2 * c:2 * c + 2].max()
        self.flat = self.pooled.ravel()
        z = self.dense @ self.flat + self.dbias
        z = np.exp(z - z.max())
        return z / z.sum()

    def backward(self, probs, label, lr):
        dz = probs.copy()
        dz[label] -= 1
        dflat = self.dense.T @ dz
        dpool = dflat.reshape(self.pooled.shape)

        dact = np.zeros_like(self.act)
        for f in range(dact.shape[0]):
            for r in range(self.out):
                for c in range(self.out):
                    block = self.act[f, 2 * r:2 * r + 2, 2 * c:2 * c + 2]
                    i, j = np.unravel_index(np.argmax(block), block.shape)
                    dact[f, 2 * r + i, 2 * c + j] = dpool[f, r, c]
        dpre = dact * (self.pre > 0)

        dfilters = np.zeros_like(self.filters)
        for f in range(dfilters.shape[0]):
            for r in range(dpre.shape[1]):
                for c in range(dpre.shape[2]):
                    dfilters[f] += dpre[f, r, c] * self.img[r:r + 3, c:c + 3]

        self.dense -= lr * np.outer(dz, self.flat)
        self.dbias -= lr * dz
        self.filters -= lr * dfilters
        self.fbias -= lr * dpre.sum(axis=(1, 2))


net = ConvNet()
images = [make_image() for _ in range(100)]
for epoch in range(4):
    loss, right = 0.0, 0
    for img, label in images:
        p = net.forward(img)
        loss -= np.log(p[label])
        right += int(np.argmax(p) == label)
        net.backward(p, label, 0.02)
    print("epoch", epoch + 1, "loss", loss / len(images), "right", right, "of", len(images))
