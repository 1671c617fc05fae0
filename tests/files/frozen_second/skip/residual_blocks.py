import numpy as np


class ResidualNet:
    """in -> width -> [x + relu(x A + a) B] * depth -> 1, on rows."""

    def __init__(self, n_in, width=8, depth=2, seed=0):
        g = np.random.default_rng(seed)
        self.stem = g.normal(0, 1 / np.sqrt(n_in), (n_in, width))
        self.blocks = [
            [g.normal(0, np.sqrt(2 / width), (width, width)), np.full(width, 0.1), g.normal(0, 0.2, (width, width))]
            for _ in range(depth)
        ]
        self.head = g.normal(0, 1 / np.sqrt(width), (width, 1))
        self.offset = np.zeros(1)

    def forward(self, x):
        tape = []
        h = x @ self.stem
        for A, a, B in self.blocks:
            pre = h @ A + a
            act = np.maximum(pre, 0.0)
            tape.append((h, pre, act))
            h = h + act @ B
        return h @ self.head + self.offset, h, tape

    def loss_and_grads(self, x, y):
        out, h, tape = self.forward(x)
        n = len(x)
        loss = np.sum((out - y) ** 2) / (2 * n)

        d = (out - y) / n
        g_head, g_offset = h.T @ d, d.sum(axis=0)
        dh = d @ self.head.T
        g_blocks = []
        for (A, a, B), (h_in, pre, act) in zip(self.blocks[::-1], tape[::-1]):
            dpre = (dh @ B.T) * (pre > 0)
            g_blocks.append([h_in.T @ dpre, dpre.sum(axis=0), act.T @ dh])
            dh = dh + dpre @ A.T
        g_stem = x.T @ dh
        return loss, g_stem, g_blocks[::-1], g_head, g_offset

    def step(self, x, y, lr):
        loss, g_stem, g_blocks, g_head, g_offset = self.loss_and_grads(x, y)
        self.stem -= lr * g_stem
        for block, grads in zip(self.blocks, g_blocks):
            for p, g in zip(block, grads):
                p -= lr * g
        self.head -= lr * g_head
        self.offset -= lr * g_offset
        return loss


if __name__ == "__main__":
    g = np.random.default_rng(3)
    x = g.uniform(-1, 1, (120, 3))
    y = np.abs(x[:, :1]) - x[:, 1:2] * x[:, 2:]
    net = ResidualNet(3)
    for i in range(401):
        loss = net.step(x, y, 0.1)
        if i % 100 == 0:
            print(i, loss)
