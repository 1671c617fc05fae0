import numpy as np


class AdamOptim:
    def __init__(self, eta=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.m = {}
        self.v = {}
        self.eta = eta
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.t = 0

    def update(self, params, grads):
        self.t += 1
        for key in params:
            if key not in self.m:
                self.m[key] = np.zeros_like(params[key])
                self.v[key] = np.zeros_like(params[key])
            g = grads[key]
            self.m[key] = self.beta1 * self.m[key] + (1 - self.beta1) * g
            self.v[key] = self.beta2 * self.v[key] + (1 - self.beta2) * g ** 2
            m_hat = self.m[key] / (1 - self.beta1 ** self.t)
            v_hat = self.v[key] / (1 - self.beta2 ** self.t)
            params[key] -= self.eta * m_hat / (np.sqrt(v_hat) + self.epsilon)


class Model:
    def __init__(self, d, h, seed=0):
        rng = np.random.RandomState(seed)
        self.params = {
            'W1': rng.randn(d, h) * 0.4,
            'b1': np.zeros(h),
            'W2': rng.randn(h, 1) * 0.4,
            'b2': np.zeros(1),
        }

    def __call__(self, X):
        self.X = X
        self.a = np.tanh(X @ self.params['W1'] + self.params['b1'])
        self.out = self.a @ self.params['W2'] + self.params['b2']
        return self.out

    def loss(self, Y):
        return np.mean((self.out - Y) ** 2)

    def grads(self, Y):
        g = {}
        dout = 2 * (self.out - Y) / len(Y)
        g['W2'] = self.a.T @ dout
        g['b2'] = dout.sum(axis=0)
        da = dout @ self.params['W2'].T
        dz = da * (1 - self.a ** 2)
        g['W1'] = self.X.T @ dz
        g['b1'] = dz.sum(axis=0)
        return g


def fit(model, X, Y, epochs=100, optimiser=None):
    optimiser = optimiser or AdamOptim()
    for epoch in range(epochs):
        model(X)
        loss = model.loss(Y)
        optimiser.update(model.params, model.grads(Y))
        if epoch % 20 == 0:
            print(f'{epoch=} {loss=:.4f}')
    return model
