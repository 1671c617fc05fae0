import numpy as np

# name -> (function, derivative given the pre-activation)
ACT = {
    'elu': (lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
            lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0)))),
    'sin': (np.sin, np.cos),
    'softplus': (lambda z: np.log1p(np.exp(z)), lambda z: 1 / (1 + np.exp(-z))),
    'swish': (lambda z: z / (1 + np.exp(-z)),
              lambda z: (1 + np.exp(-z) + z * np.exp(-z)) / (1 + np.exp(-z)) ** 2),
    'linear': (lambda z: z, lambda z: np.ones_like(z)),
}


class Net:
    def __init__(self, layout):
        # layout: [('in', 1), ('sin', 16), ('elu', 16), ('linear', 1)]
        self.acts = [ACT[name] for name, _ in layout[1:]]
        widths = [w for _, w in layout]
        self.theta = []
        for fan_in, fan_out in zip(widths[:-1], widths[1:]):
            self.theta.append({
                'w': np.random.randn(fan_in, fan_out) * np.sqrt(2 / fan_in),
                'b': np.random.randn(fan_out) * 0.1,
            })

    def __call__(self, x):
        self.zs, self.hs = [], [x]
        for layer, (f, _) in zip(self.theta, self.acts):
            z = self.hs[-1] @ layer['w'] + layer['b']
            self.zs.append(z)
            self.hs.append(f(z))
        return self.hs[-1]

    def huber_step(self, x, t, lr, c=1.0):
        e = self(x) - t
        small = np.abs(e) <= c
        cost = np.mean(np.where(small, 0.5 * e ** 2, c * (np.abs(e) - 0.5 * c)))

        d = np.where(small, e, c * np.sign(e)) / e.size
        for k in range(len(self.theta) - 1, -1, -1):
            d = d * self.acts[k][1](self.zs[k])
            gw, gb = self.hs[k].T @ d, d.sum(axis=0)
            d = d @ self.theta[k]['w'].T
            self.theta[k]['w'] -= lr * gw
            self.theta[k]['b'] -= lr * gb
        return cost


np.random.seed(99)
x = np.linspace(-3, 3, 50)[:, None]
t = np.sin(2 * x) + 0.3 * x
t[::9] += 4          # outliers, that is why Huber

net = Net([('in', 1), ('sin', 12), ('elu', 10), ('swish', 8), ('linear', 1)])
for it in range(300):
    c = net.huber_step(x, t, lr=0.05)
    if it % 60 == 0:
        print(it, c)
