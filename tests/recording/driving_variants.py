"""How other people write networks: files that only define things, and the calls that train them; for the tests."""

from __future__ import annotations

DICTIONARIES_IN_A_LIST = """
import numpy as np
def sig(z): return 1/(1+np.exp(-z))
def new_network(sizes):
    return [{"W": np.random.randn(a, b)*0.5, "b": np.zeros(b)} for a, b in zip(sizes, sizes[1:])]
def run(network, X):
    acts = [X]
    for layer in network:
        acts.append(sig(acts[-1] @ layer["W"] + layer["b"]))
    return acts
def gradients(network, acts, Y):
    grads = []
    d = (acts[-1]-Y)*acts[-1]*(1-acts[-1])
    for i in reversed(range(len(network))):
        grads.insert(0, {"W": acts[i].T @ d, "b": d.sum(axis=0)})
        d = d @ network[i]["W"].T * acts[i]*(1-acts[i])
    return grads
def descend(network, grads, lr=0.1):
    for layer, g in zip(network, grads):
        layer["W"] -= lr*g["W"]
        layer["b"] -= lr*g["b"]
"""

PAIRS_OF_A_LAYER_AND_ITS_ACTIVATION = """
import numpy as np
class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)*0.5
        self.b = np.zeros((1, n_out))
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, g, lr):
        gx = g @ self.W.T
        self.W -= lr * self.x.T @ g
        self.b -= lr * g.sum(axis=0, keepdims=True)
        return gx
class Tanh:
    def __call__(self, z):
        self.a = np.tanh(z)
        return self.a
    def gradient(self):
        return 1-self.a**2
class Net:
    def __init__(self, layers):
        self.layers = layers
    def predict(self, x):
        for layer, activation in self.layers:
            x = activation(layer.forward(x))
        return x
    def fit(self, x, y, epochs, lr):
        for _ in range(epochs):
            g = self.predict(x) - y
            for layer, activation in reversed(self.layers):
                g = layer.backward(g * activation.gradient(), lr)
"""

A_LOADER_A_LOSS_AND_AN_OPTIMIZER = """
import numpy as np
class Linear:
    def __init__(self, in_features, out_features):
        self.weight = np.random.randn(in_features, out_features)*0.3
        self.bias = np.zeros(out_features)
    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias
    def backward(self, grad):
        self.grad_weight = self.x.T @ grad
        self.grad_bias = grad.sum(axis=0)
        return grad @ self.weight.T
class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask
    def backward(self, grad):
        return grad * self.mask
class MLP:
    def __init__(self, in_features, hidden, out_features):
        self.layers = [Linear(in_features, hidden), ReLU(), Linear(hidden, out_features)]
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
class MSELoss:
    def __call__(self, pred, target):
        self.diff = pred - target
        return np.mean(self.diff**2)
    def backward(self):
        return 2*self.diff/self.diff.size
class SGD:
    def __init__(self, model, lr):
        self.model, self.lr = model, lr
    def step(self):
        for layer in self.model.layers:
            if hasattr(layer, "weight"):
                layer.weight -= self.lr*layer.grad_weight
                layer.bias -= self.lr*layer.grad_bias
def train(model, loader, criterion, optimizer, epochs):
    for epoch in range(epochs):
        for xb, yb in loader:
            loss = criterion(model.forward(xb), yb)
            model.backward(criterion.backward())
            optimizer.step()
"""

AN_OPTIMIZER_OF_PARAMETERS = """
import numpy as np
class Param:
    def __init__(self, data):
        self.data = data
        self.grad = np.zeros_like(data)
class Layer:
    def __init__(self, n_in, n_out):
        self.w = Param(np.random.randn(n_in, n_out)*0.4)
        self.b = Param(np.zeros(n_out))
    def forward(self, x):
        self.x = x
        self.y = np.tanh(x @ self.w.data + self.b.data)
        return self.y
    def backward(self, g):
        g = g*(1-self.y**2)
        self.w.grad += self.x.T @ g
        self.b.grad += g.sum(axis=0)
        return g @ self.w.data.T
    def params(self):
        return [self.w, self.b]
class Net:
    def __init__(self, sizes):
        self.layers = [Layer(a, b) for a, b in zip(sizes, sizes[1:])]
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, g):
        for layer in reversed(self.layers):
            g = layer.backward(g)
    def params(self):
        return [p for layer in self.layers for p in layer.params()]
class SGD:
    def __init__(self, params, lr=0.1):
        self.params = params
        self.lr = lr
    def zero_grad(self):
        for p in self.params:
            p.grad[...] = 0
    def step(self):
        for p in self.params:
            p.data -= self.lr*p.grad
def mse(pred, y):
    return ((pred-y)**2).mean(), 2*(pred-y)/y.size
"""

LAYERS_ONE_BY_ONE = """
import numpy as np
class Dense:
    def __init__(self, inputs, outputs):
        self.W = np.random.randn(inputs, outputs)*0.3
        self.b = np.zeros(outputs)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T
class Sigmoid:
    def forward(self, x):
        self.s = 1/(1+np.exp(-x))
        return self.s
    def backward(self, grad):
        return grad*self.s*(1-self.s)
class SquaredError:
    def forward(self, p, y):
        self.p, self.y = p, y
        return 0.5*np.sum((p-y)**2)
    def backward(self):
        return self.p-self.y
class GradientDescent:
    def __init__(self, learning_rate):
        self.learning_rate = learning_rate
    def update(self, layer):
        layer.W -= self.learning_rate*layer.dW
        layer.b -= self.learning_rate*layer.db
class Network:
    def __init__(self, *layers, loss=None, optimizer=None):
        self.layers, self.loss, self.optimizer = layers, loss, optimizer
    def train_on_batch(self, x, y):
        for layer in self.layers:
            x = layer.forward(x)
        value = self.loss.forward(x, y)
        g = self.loss.backward()
        for layer in reversed(self.layers):
            g = layer.backward(g)
        for layer in self.layers:
            if isinstance(layer, Dense):
                self.optimizer.update(layer)
        return value
"""

SETTINGS_IN_A_DICTIONARY = """
import numpy as np
class Model:
    def __init__(self, config):
        self.cfg = config
        rng = np.random.default_rng(config["seed"])
        self.W1 = rng.normal(size=(config["input_dim"], config["hidden_dim"]))*0.3
        self.b1 = np.zeros(config["hidden_dim"])
        self.W2 = rng.normal(size=(config["hidden_dim"], config["output_dim"]))*0.3
        self.b2 = np.zeros(config["output_dim"])
    def step(self, x, y):
        h = np.tanh(x @ self.W1 + self.b1)
        p = h @ self.W2 + self.b2
        g = (p-y)/len(x)
        gh = g @ self.W2.T*(1-h**2)
        lr = self.cfg["learning_rate"]
        self.W2 -= lr*h.T @ g
        self.b2 -= lr*g.sum(0)
        self.W1 -= lr*x.T @ gh
        self.b1 -= lr*gh.sum(0)
def main(args):
    model = Model(vars(args))
"""

A_TRAINER = """
import numpy as np
class Net:
    def __init__(self, n_inputs, n_hidden, n_outputs):
        self.params = {"W1": np.random.randn(n_inputs, n_hidden)*0.3, "b1": np.zeros(n_hidden),
                       "W2": np.random.randn(n_hidden, n_outputs)*0.3, "b2": np.zeros(n_outputs)}
        self.grads = {}
    def forward(self, x):
        self.x = x
        self.h = np.tanh(x @ self.params["W1"] + self.params["b1"])
        return self.h @ self.params["W2"] + self.params["b2"]
    def backward(self, g):
        self.grads["W2"] = self.h.T @ g
        self.grads["b2"] = g.sum(axis=0)
        g = g @ self.params["W2"].T * (1-self.h**2)
        self.grads["W1"] = self.x.T @ g
        self.grads["b1"] = g.sum(axis=0)
class MSE:
    def loss(self, p, y): return np.mean((p-y)**2)
    def grad(self, p, y): return 2*(p-y)/y.size
class Adam:
    def __init__(self, lr=0.01, b1=0.9, b2=0.999):
        self.lr, self.b1, self.b2, self.t = lr, b1, b2, 0
        self.m, self.v = {}, {}
    def apply(self, params, grads):
        self.t += 1
        for k in params:
            self.m[k] = self.b1*self.m.get(k, 0) + (1-self.b1)*grads[k]
            self.v[k] = self.b2*self.v.get(k, 0) + (1-self.b2)*grads[k]**2
            params[k] -= self.lr*self.m[k]/(1-self.b1**self.t)/(np.sqrt(self.v[k]/(1-self.b2**self.t))+1e-8)
class Trainer:
    def __init__(self, model, loss_fn, optimizer, batch_size=4):
        self.model, self.loss_fn, self.optimizer, self.batch_size = model, loss_fn, optimizer, batch_size
    def fit(self, X, y, epochs=10):
        for _ in range(epochs):
            for i in range(0, len(X), self.batch_size):
                xb, yb = X[i:i+self.batch_size], y[i:i+self.batch_size]
                p = self.model.forward(xb)
                self.model.backward(self.loss_fn.grad(p, yb))
                self.optimizer.apply(self.model.params, self.model.grads)
"""

A_LOSS_THAT_REMEMBERS_THE_LABELS = """
import numpy as np
class TwoLayer:
    def __init__(self, d, h, k):
        self.W1 = np.random.randn(d, h)*0.3; self.W2 = np.random.randn(h, k)*0.3
    def forward(self, X):
        self.X = X
        self.H = np.maximum(X @ self.W1, 0)
        self.S = self.H @ self.W2
        e = np.exp(self.S - self.S.max(axis=1, keepdims=True))
        self.P = e/e.sum(axis=1, keepdims=True)
        return self.P
    def compute_loss(self, y):
        self.y = y
        return -np.mean(np.log(self.P[np.arange(len(y)), y]))
    def backward(self):
        d = self.P.copy()
        d[np.arange(len(self.y)), self.y] -= 1
        d /= len(self.y)
        self.dW2 = self.H.T @ d
        self.dW1 = self.X.T @ ((d @ self.W2.T)*(self.H > 0))
    def update(self, lr):
        self.W1 -= lr*self.dW1
        self.W2 -= lr*self.dW2
"""

ONE_UNIT = """
import numpy as np
class Estimator:
    def __init__(self, penalty=0.0, learning_rate=0.1, n_iter=50):
        self.penalty, self.learning_rate, self.n_iter = penalty, learning_rate, n_iter
    def fit(self, X, y):
        self.coef_ = np.zeros(X.shape[1])
        self.intercept_ = 0.0
        for _ in range(self.n_iter):
            p = 1/(1+np.exp(-(X @ self.coef_ + self.intercept_)))
            self.coef_ = self.coef_ - self.learning_rate*(X.T @ (p-y)/len(y) + self.penalty*self.coef_)
            self.intercept_ = self.intercept_ - self.learning_rate*np.mean(p-y)
        return self
"""

GLOBAL_WEIGHTS = """
import numpy as np
# global network, functions that use it
W1 = np.random.randn(4, 6)*0.3
b1 = np.zeros((1, 6))
W2 = np.random.randn(6, 2)*0.3
b2 = np.zeros((1, 2))
def forward(x):
    h = np.tanh(x @ W1 + b1)
    return h, h @ W2 + b2
def learn(x, y, lr):
    global W1, b1, W2, b2
    h, p = forward(x)
    d = p-y
    dh = d @ W2.T*(1-h**2)
    W2 -= lr*h.T @ d
    b2 -= lr*d.sum(axis=0, keepdims=True)
    W1 -= lr*x.T @ dh
    b1 -= lr*dh.sum(axis=0, keepdims=True)
"""

SAMPLES_AND_SETTINGS_IN_DATACLASSES = """
import numpy as np
from dataclasses import dataclass
@dataclass
class Config:
    n_in: int
    n_hidden: int
    n_out: int
    lr: float = 0.1
    steps: int = 5
@dataclass
class Sample:
    features: np.ndarray
    label: int
class Classifier:
    def __init__(self, cfg: Config):
        self.cfg = cfg
        self.V = np.random.randn(cfg.n_hidden, cfg.n_in)*0.3
        self.U = np.random.randn(cfg.n_out, cfg.n_hidden)*0.3
    def fit(self, samples):
        for _ in range(self.cfg.steps):
            for s in samples:
                h = np.tanh(self.V @ s.features)
                z = self.U @ h
                p = np.exp(z-z.max()); p /= p.sum()
                d = p.copy(); d[s.label] -= 1
                dh = self.U.T @ d*(1-h**2)
                self.U -= self.cfg.lr*np.outer(d, h)
                self.V -= self.cfg.lr*np.outer(dh, s.features)
"""

LISTS_THAT_ARE_RETURNED = """
import numpy as np
def relu(z): return np.maximum(z, 0)
def start(dims):
    Ws, bs = [], []
    for a, b in zip(dims[:-1], dims[1:]):
        Ws.append(np.random.randn(b, a)*0.5)
        bs.append(np.zeros((b, 1)))
    return Ws, bs
def propagate(X, Ws, bs):
    zs, acts = [], [X]
    for k, (W, b) in enumerate(zip(Ws, bs)):
        z = W @ acts[-1] + b
        zs.append(z)
        acts.append(relu(z) if k < len(Ws)-1 else z)
    return zs, acts
def back(Y, zs, acts, Ws):
    m = Y.shape[1]
    d = (acts[-1]-Y)/m
    gW, gb = [None]*len(Ws), [None]*len(Ws)
    for k in reversed(range(len(Ws))):
        gW[k] = d @ acts[k].T
        gb[k] = d.sum(axis=1, keepdims=True)
        if k:
            d = (Ws[k].T @ d)*(zs[k-1] > 0)
    return gW, gb
def apply(Ws, bs, gW, gb, rate):
    return [W-rate*g for W, g in zip(Ws, gW)], [b-rate*g for b, g in zip(bs, gb)]
"""

LAYERS_ADDED_BY_SIZE = """
import numpy as np
class Network:
    def __init__(self):
        self.layers = []
    def add_layer(self, n_in, n_out):
        self.layers.append({"weights": np.random.randn(n_in, n_out)*0.4, "biases": np.zeros((1, n_out))})
    def forward(self, x):
        self.a = [x]
        for layer in self.layers:
            self.a.append(np.tanh(self.a[-1] @ layer["weights"] + layer["biases"]))
        return self.a[-1]
    def backward(self, y, lr):
        d = (self.a[-1]-y)*(1-self.a[-1]**2)
        for k in reversed(range(len(self.layers))):
            layer = self.layers[k]
            nd = d @ layer["weights"].T*(1-self.a[k]**2)
            layer["weights"] -= lr*self.a[k].T @ d
            layer["biases"] -= lr*d.sum(axis=0, keepdims=True)
            d = nd
"""

FUNCTIONS_WITH_THEIR_DERIVATIVES = """
import numpy as np
def logistic(x): return 1/(1+np.exp(-x))
def logistic_derivative(x): return logistic(x)*(1-logistic(x))
def half_square(a, y): return 0.5*np.sum((a-y)**2)
def half_square_gradient(a, y): return a-y
class Net:
    def __init__(self, architecture, act, act_derivative, cost, cost_gradient, step_size=0.1):
        self.act, self.act_derivative = act, act_derivative
        self.cost, self.cost_gradient, self.step_size = cost, cost_gradient, step_size
        self.W = [np.random.randn(m, n)*0.4 for m, n in zip(architecture[1:], architecture)]
        self.b = [np.zeros((m, 1)) for m in architecture[1:]]
    def run(self, x, y):
        a, As, Zs = x, [x], []
        for W, b in zip(self.W, self.b):
            z = W @ a + b
            a = self.act(z)
            Zs.append(z); As.append(a)
        d = self.cost_gradient(a, y)*self.act_derivative(Zs[-1])
        for k in range(len(self.W)-1, -1, -1):
            gW, gb = d @ As[k].T, d
            if k: d = self.W[k].T @ d*self.act_derivative(Zs[k-1])
            self.W[k] -= self.step_size*gW
            self.b[k] -= self.step_size*gb
        return self.cost(a, y)
"""

AN_ENUMERATION = """
import numpy as np
from enum import Enum
class Activation(Enum):
    SIGMOID = 1
    TANH = 2
class Sigmoid:
    @staticmethod
    def f(z): return 1/(1+np.exp(-z))
    @staticmethod
    def df(z): return Sigmoid.f(z)*(1-Sigmoid.f(z))
class Tanh:
    @staticmethod
    def f(z): return np.tanh(z)
    @staticmethod
    def df(z): return 1-np.tanh(z)**2
class Layer:
    def __init__(self, n_in: int, n_out: int, activation: Activation):
        self.W = np.random.randn(n_in, n_out)*0.4
        self.b = np.zeros(n_out)
        self.act = Sigmoid if activation == Activation.SIGMOID else Tanh
    def forward(self, x):
        self.x = x
        self.z = x @ self.W + self.b
        return self.act.f(self.z)
    def backward(self, g, rate):
        g = g*self.act.df(self.z)
        out = g @ self.W.T
        self.W -= rate*self.x.T @ g
        self.b -= rate*g.sum(0)
        return out
class Model:
    def __init__(self, layers: list[Layer]):
        self.layers = layers
    def fit(self, X, y, rate, n_epochs):
        for _ in range(n_epochs):
            out = X
            for layer in self.layers: out = layer.forward(out)
            g = out-y
            for layer in self.layers[::-1]: g = layer.backward(g, rate)
"""

A_GENERATOR_OF_BATCHES = """
import numpy as np
class Net:
    def __init__(self, n0, n1, n2):
        self.A = np.random.randn(n0, n1)*0.4
        self.B = np.random.randn(n1, n2)*0.4
    def step(self, x, t, rate):
        h = np.tanh(x @ self.A)
        o = h @ self.B
        d = o-t
        gB = h.T @ d
        gA = x.T @ (d @ self.B.T*(1-h**2))
        self.A -= rate*gA
        self.B -= rate*gB
def train(net, batches, n_steps, rate=0.1):
    for _ in range(n_steps):
        x, t = next(batches)
        net.step(x, t, rate)
"""

OUTPUTS_HANDED_BACK = """
import numpy as np
class Net:
    def __init__(self, shape):
        self.w1 = np.random.randn(shape[0], shape[1])*0.4
        self.w2 = np.random.randn(shape[1], shape[2])*0.4
    def feed(self, x):
        self.hidden = 1/(1+np.exp(-(x @ self.w1)))
        return 1/(1+np.exp(-(self.hidden @ self.w2)))
    def adjust(self, x, y, guess, rate):
        d2 = (y-guess)*guess*(1-guess)
        d1 = d2 @ self.w2.T*self.hidden*(1-self.hidden)
        self.w2 += rate*self.hidden.T @ d2
        self.w1 += rate*x.T @ d1
"""

NEURONS = """
import numpy as np
class Neuron:
    def __init__(self, n_inputs):
        self.weights = np.random.randn(n_inputs)*0.4
        self.bias = 0.0
    def fire(self, x):
        self.x = x
        self.out = 1/(1+np.exp(-(np.dot(self.weights, x)+self.bias)))
        return self.out
class Layer:
    def __init__(self, n_neurons, n_inputs):
        self.neurons = [Neuron(n_inputs) for _ in range(n_neurons)]
    def fire(self, x):
        return np.array([n.fire(x) for n in self.neurons])
class Network:
    def __init__(self, n_inputs, n_hidden, n_outputs):
        self.hidden = Layer(n_hidden, n_inputs)
        self.output = Layer(n_outputs, n_hidden)
    def train(self, x, target, rate):
        out = self.output.fire(self.hidden.fire(x))
        d_out = (out-target)*out*(1-out)
        h = np.array([n.out for n in self.hidden.neurons])
        sent = [sum(d*n.weights[j] for d, n in zip(d_out, self.output.neurons)) for j in range(len(h))]
        d_hid = np.array(sent)*h*(1-h)
        for layer, deltas in ((self.output, d_out), (self.hidden, d_hid)):
            for n, d in zip(layer.neurons, deltas):
                n.weights = n.weights-rate*d*n.x
                n.bias = n.bias-rate*d
"""

COMPILED_AS_IN_KERAS = """
import numpy as np
class SGD:
    def __init__(self, lr=0.01): self.lr = lr
    def __call__(self, p, g): return p-self.lr*g
class MeanSquared:
    @staticmethod
    def value(p, y): return np.mean((p-y)**2)
    @staticmethod
    def slope(p, y): return 2*(p-y)/p.size
class Dense:
    def __init__(self, units, activation=None):
        self.units, self.activation = units, activation
    def build(self, n_in):
        self.W = np.random.randn(n_in, self.units)*0.4
        self.b = np.zeros(self.units)
    def forward(self, x):
        self.x = x
        z = x @ self.W + self.b
        self.a = np.tanh(z) if self.activation == "tanh" else z
        return self.a
    def backward(self, g):
        if self.activation == "tanh": g = g*(1-self.a**2)
        self.gW, self.gb = self.x.T @ g, g.sum(0)
        return g @ self.W.T
class Sequential:
    def __init__(self): self.layers = []
    def add(self, layer): self.layers.append(layer)
    def compile(self, optimizer, loss):
        self.optimizer, self.loss = optimizer, loss
    def fit(self, X, y, epochs):
        n = X.shape[1]
        for layer in self.layers:
            layer.build(n); n = layer.units
        for _ in range(epochs):
            out = X
            for layer in self.layers: out = layer.forward(out)
            g = self.loss.slope(out, y)
            for layer in reversed(self.layers): g = layer.backward(g)
            for layer in self.layers:
                layer.W = self.optimizer(layer.W, layer.gW)
                layer.b = self.optimizer(layer.b, layer.gb)
"""

A_LAYER_FOR_THE_INPUTS = """
import numpy as np
class Net:
    def __init__(self, layers, cost=None):
        self.sizes = [layer.n for layer in layers]
        self.layers = layers
        for before, layer in zip(layers, layers[1:]):
            layer.connect(before.n)
        self.cost = cost if cost is not None else Quadratic()
    def forward(self, x):
        self.layers[0].a = x
        for before, layer in zip(self.layers, self.layers[1:]):
            layer.forward(before.a)
        return self.layers[-1].a
    def learn(self, x, y, rate):
        a = self.forward(x)
        g = self.cost.derivative(a, y)
        for k in range(len(self.layers)-1, 0, -1):
            g = self.layers[k].backward(self.layers[k-1].a, g, rate)
class Layer:
    def __init__(self, n): self.n = n
    def connect(self, before):
        self.w = np.random.randn(before, self.n)*0.4
        self.b = np.zeros((1, self.n))
    def forward(self, a): self.a = 1/(1+np.exp(-(a @ self.w+self.b)))
    def backward(self, a, g, rate):
        d = g*self.a*(1-self.a)
        out = d @ self.w.T
        self.w -= rate*a.T @ d
        self.b -= rate*d.sum(0, keepdims=True)
        return out
class Quadratic:
    def derivative(self, a, y): return a-y
"""

GRADIENTS_RETURNED_BY_A_METHOD = """
import numpy as np
class Net:
    def __init__(self, n_in, n_h, n_out):
        self.p = {"W1": np.random.randn(n_in, n_h)*.3, "b1": np.zeros(n_h)}
        self.p |= {"W2": np.random.randn(n_h, n_out)*.3, "b2": np.zeros(n_out)}
    def forward(self, X):
        a1 = np.tanh(X @ self.p["W1"]+self.p["b1"])
        a2 = a1 @ self.p["W2"]+self.p["b2"]
        return a2, {"X": X, "a1": a1}
    def backward(self, cache, d_out):
        g = {"W2": cache["a1"].T @ d_out, "b2": d_out.sum(0)}
        d = d_out @ self.p["W2"].T*(1-cache["a1"]**2)
        g["W1"], g["b1"] = cache["X"].T @ d, d.sum(0)
        return g
class SGD:
    def __init__(self, lr): self.lr = lr
    def step(self, params, grads):
        for k in params: params[k] -= self.lr*grads[k]
def mse_loss(out, y):
    diff = out-y
    return np.mean(diff**2), 2*diff/diff.size
"""

FUNCTIONS_HANDED_OVER = """
import numpy as np
def compute_cost(x, y, w, b):
    return np.sum((x @ w+b-y)**2)/(2*len(y))
def compute_gradient(x, y, w, b):
    err = x @ w+b-y
    return x.T @ err/len(y), np.sum(err)/len(y)
def gradient_descent(x, y, w_in, b_in, cost_function, gradient_function, alpha, num_iters):
    w, b = w_in, b_in
    history = []
    for i in range(num_iters):
        dj_dw, dj_db = gradient_function(x, y, w, b)
        w = w-alpha*dj_dw
        b = b-alpha*dj_db
        history.append(cost_function(x, y, w, b))
    return w, b, history
"""

INPUTS_ONE_BY_ONE = """
import numpy as np
class Xor:
    def __init__(self):
        self.w = np.random.randn(9)*.5
    def out(self, x1, x2):
        s = lambda z: 1/(1+np.exp(-z))
        self.h1 = s(self.w[0]*x1+self.w[1]*x2+self.w[2])
        self.h2 = s(self.w[3]*x1+self.w[4]*x2+self.w[5])
        self.o = s(self.w[6]*self.h1+self.w[7]*self.h2+self.w[8])
        return self.o
    def learn(self, x1, x2, target, rate=.5):
        o = self.out(x1, x2)
        d = (o-target)*o*(1-o)
        d1 = d*self.w[6]*self.h1*(1-self.h1)
        d2 = d*self.w[7]*self.h2*(1-self.h2)
        self.w -= rate*np.array([d1*x1, d1*x2, d1, d2*x1, d2*x2, d2, d*self.h1, d*self.h2, d])
"""

PARAMETERS_IN_A_NAMED_TUPLE = """
from collections import namedtuple
import numpy as np
Params = namedtuple("Params", "W1 b1 W2 b2")
def init(n_features, n_hidden, n_targets):
    first, second = np.random.randn(n_features, n_hidden)*.3, np.random.randn(n_hidden, n_targets)*.3
    return Params(first, np.zeros(n_hidden), second, np.zeros(n_targets))
def predict(params, x):
    h = np.tanh(x @ params.W1+params.b1)
    return h, h @ params.W2+params.b2
def grads(params, x, y):
    h, p = predict(params, x)
    d = (p-y)/len(x)
    dh = d @ params.W2.T*(1-h**2)
    return Params(x.T @ dh, dh.sum(0), h.T @ d, d.sum(0))
def update(params, g, lr):
    return Params(*(p-lr*q for p, q in zip(params, g)))
"""

A_LIST_OF_PARAMETERS = """
import numpy as np
def create(n0, n1, n2):
    return [np.random.randn(n0, n1)*.3, np.zeros(n1), np.random.randn(n1, n2)*.3, np.zeros(n2)]
def forward(model, X):
    W1, b1, W2, b2 = model
    H = np.tanh(X @ W1+b1)
    return H, H @ W2+b2
def backward(model, X, H, P, Y):
    W1, b1, W2, b2 = model
    d = (P-Y)/len(X)
    dH = d @ W2.T*(1-H**2)
    return [X.T @ dH, dH.sum(0), H.T @ d, d.sum(0)]
def step(model, grads, lr):
    for p, g in zip(model, grads):
        p -= lr*g
"""

# name -> the file, and the lines that drive it
SIZES_BESIDE_INPUTS_AND_OUTPUTS = """
import numpy as np
class Net:
    def __init__(self, n_in, n_out, *hidden):
        self.hidden = list(hidden)
        self.w = [np.random.rand(self.hidden[0], n_in) - 0.5]
        for k in range(1, len(self.hidden)):
            self.w.append(np.random.rand(self.hidden[k], self.hidden[k - 1]) - 0.5)
        self.w_out = np.random.rand(n_out, self.hidden[-1]) - 0.5
        self.rate = 0.1
    def train(self, x, y):
        a = [np.array(x).reshape(-1, 1)]
        for w in self.w:
            a.append(np.tanh(w @ a[-1]))
        d = self.w_out @ a[-1] - np.array(y).reshape(-1, 1)
        back = self.w_out.T @ d
        self.w_out -= self.rate * d @ a[-1].T
        for k in reversed(range(len(self.w))):
            d = back * (1 - a[k + 1] ** 2)
            back = self.w[k].T @ d
            self.w[k] -= self.rate * d @ a[k].T
"""

LAYERS_OF_ITS_OWN = """
import numpy as np
class Affine:
    def __init__(self, fan_in, fan_out):
        self.params = {"weight": np.random.normal(0, 0.3, (fan_in, fan_out)), "bias": np.zeros((1, fan_out))}
        self.grads = {"weight": None, "bias": None}
    def forward(self, x):
        self.x = x
        return x @ self.params["weight"] + self.params["bias"]
    def backward(self, dout):
        self.grads["weight"] = self.x.T @ dout
        self.grads["bias"] = dout.sum(axis=0, keepdims=True)
        return dout @ self.params["weight"].T
class Relu:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask
    def backward(self, dout):
        return dout * self.mask
class MLP:
    def __init__(self, n_inputs, n_hidden, n_classes):
        self.layers = []
        for size in n_hidden:
            self.layers += [Affine(n_inputs, size), Relu()]
            n_inputs = size
        self.layers.append(Affine(n_inputs, n_classes))
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
"""

SETTINGS_IN_SETTINGS = """
import numpy as np
class Unit:
    def __init__(self, units, kind):
        self.units, self.kind = units, kind
    def f(self, z):
        return np.tanh(z) if self.kind == "tanh" else 1 / (1 + np.exp(-z))
    def df(self, z):
        return 1 - np.tanh(z) ** 2 if self.kind == "tanh" else self.f(z) * (1 - self.f(z))
class NeuralNetwork:
    def __init__(self, settings):
        self.settings = settings
        self.n_input = settings["model"]["input_size"]
        self.layers = []
        for i in range(len(settings["model"]["layers"])):
            units = settings["model"]["layers"][i]["num_neurons"]
            self.layers.append(Unit(units, settings["model"]["layers"][i]["activation_function"]))
        self.epochs = settings["training"]["epochs"]
        self.rate = settings["training"]["learning_rate"]
        if settings["training"]["early_stopping"]["enabled"]:
            self.patience = settings["training"]["early_stopping"]["patience"]
        sizes = [self.n_input] + [one.units for one in self.layers]
        self.w = [np.random.randn(a, b) * 0.5 for a, b in zip(sizes, sizes[1:])]
        self.b = [np.zeros((1, b)) for b in sizes[1:]]
    def train(self, data, target):
        for _ in range(self.epochs):
            a, zs = [data], []
            for w, b, one in zip(self.w, self.b, self.layers):
                zs.append(a[-1] @ w + b)
                a.append(one.f(zs[-1]))
            d = (a[-1] - target) * self.layers[-1].df(zs[-1])
            for k in reversed(range(len(self.w))):
                gw, gb = a[k].T @ d, d.sum(axis=0, keepdims=True)
                if k:
                    d = d @ self.w[k].T * self.layers[k - 1].df(zs[k - 1])
                self.w[k] -= self.rate * gw
                self.b[k] -= self.rate * gb
"""

LAYERS_IN_ATTRIBUTES = """
import numpy as np
class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.3
        self.b = np.zeros(n_out)
    def __call__(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T
class Tanh:
    def __call__(self, x):
        self.y = np.tanh(x)
        return self.y
    def backward(self, grad):
        return grad * (1 - self.y ** 2)
class TwoLayer:
    def __init__(self, in_features, hidden, out_features):
        self.fc1 = Linear(in_features, hidden)
        self.act = Tanh()
        self.fc2 = Linear(hidden, out_features)
    def __call__(self, x):
        return self.forward(x)
    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))
    def backward(self, grad_output):
        return self.fc1.backward(self.act.backward(self.fc2.backward(grad_output)))
"""

NAMES_THAT_SAY_NOTHING = """
import numpy as np
class Net:
    def __init__(self, n_in, hidden, n_out):
        self.w1 = np.random.randn(n_in, hidden) * 0.3
        self.w2 = np.random.randn(hidden, n_out) * 0.3
    def forward(self, stuff):
        self.s = stuff
        self.h = np.tanh(stuff @ self.w1)
        e = np.exp(self.h @ self.w2)
        self.p = e / e.sum(axis=1, keepdims=True)
    def train(self, stuff, marks):
        for _ in range(3):
            self.forward(stuff)
            d = self.p.copy()
            d[np.arange(len(d)), marks] -= 1
            back = d @ self.w2.T * (1 - self.h ** 2)
            self.w2 -= 0.1 * self.h.T @ d / len(d)
            self.w1 -= 0.1 * self.s.T @ back / len(d)
"""

PRIVATE_WEIGHTS_AND_A_METHOD_KEPT_IN_AN_ATTRIBUTE = """
import numpy as np
class Layer:
    def __init__(self, n_in, n_out):
        self.__weights = np.random.randn(n_in, n_out) * 0.5
        self.__step = self.__descend
    def forward(self, x):
        self.__x = x
        return np.tanh(x @ self.__weights)
    def backward(self, g):
        g = g * (1 - np.tanh(self.__x @ self.__weights) ** 2)
        back = g @ self.__weights.T
        self.__step(g)
        return back
    def __descend(self, g):
        self.__weights = self.__weights - 0.1 * self.__x.T @ g
class Model:
    def __init__(self, n_in, n_hidden, n_out):
        self.layers = [Layer(n_in, n_hidden), Layer(n_hidden, n_out)]
    def fit(self, x, y):
        for layer in self.layers:
            x = layer.forward(x)
        g = x - y
        for layer in reversed(self.layers):
            g = layer.backward(g)
"""

A_LOADER_THAT_IS_ASKED_FOR_ITS_DATA_LATER = """
import numpy as np
class Net:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_in, n_out) * 0.5
    def gradient_check(self, x, y, eps=1e-5):
        gradients = x.T @ (x @ self.w - y)
        return gradients
    def train(self, loader, epochs):
        for epoch in range(epochs):
            loss = 0
            for inputs, targets in loader:
                d = inputs @ self.w - targets
                self.w -= 0.1 * inputs.T @ d
                loss += np.sum(d ** 2)
            print(loss / len(loader.dataset))
"""

AN_OPTIMIZER_OF_ARRAYS = """
import numpy as np
class Momentum:
    def __init__(self, params, lr=0.01):
        self.params, self.lr = params, lr
        self.v = [np.zeros_like(p) for p in params]
    def step(self, grads):
        for i, (p, g) in enumerate(zip(self.params, grads)):
            self.v[i] = 0.9 * self.v[i] + g
            p -= self.lr * self.v[i]
class Net:
    def __init__(self, sizes):
        self.W = [np.random.randn(a, b) * 0.3 for a, b in zip(sizes[:-1], sizes[1:])]
        self.B = [np.zeros((1, b)) for b in sizes[1:]]
    def parameters(self):
        return self.W + self.B
    def forward(self, x):
        self.A = [x]
        for w, b in zip(self.W, self.B):
            self.A.append(np.tanh(self.A[-1] @ w + b))
        return self.A[-1]
    def backward(self, y):
        d, gW, gB = self.A[-1] - y, [], []
        for i in reversed(range(len(self.W))):
            d = d * (1 - self.A[i + 1] ** 2)
            gW.insert(0, self.A[i].T @ d)
            gB.insert(0, d.sum(axis=0, keepdims=True))
            d = d @ self.W[i].T
        return gW + gB
"""

GRADIENTS_THAT_THE_LAYERS_KEEP = """
import numpy as np
class Affine:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.5
        self.dW = None
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T
class MLP:
    def __init__(self, input_size, hidden_size, output_size):
        self.first = Affine(input_size, hidden_size)
        self.last = Affine(hidden_size, output_size)
    def predict(self, x):
        return self.last.forward(np.tanh(self.first.forward(x)))
    def loss(self, x, y):
        self.h = np.tanh(self.first.forward(x))
        self.d = self.last.forward(self.h) - y
        return 0.5 * np.sum(self.d ** 2)
    def gradient(self):
        self.first.backward(self.last.backward(self.d) * (1 - self.h ** 2))
    def update(self, learning_rate):
        self.first.W -= self.first.dW * learning_rate
        self.last.W -= self.last.dW * learning_rate
"""

AN_ACTIVATION_FOR_EVERY_SIZE = """
import numpy as np
class Net:
    def __init__(self, n, activation_list):
        self.p = {"activation": activation_list}
        for l in range(1, len(n)):
            self.p["W" + str(l)] = np.random.randn(n[l - 1], n[l]) * 0.5
        self.L = len(n) - 1
    def train(self, X, Y, epochs):
        for epoch in range(epochs):
            a = [X]
            for l in range(1, self.L + 1):
                z = a[-1] @ self.p["W" + str(l)]
                if self.p["activation"][l] == "tanh":
                    z = np.tanh(z)
                a.append(z)
            d = a[-1] - Y
            for l in range(self.L, 0, -1):
                if self.p["activation"][l] == "tanh":
                    d = d * (1 - a[l] ** 2)
                g = a[l - 1].T @ d
                d = d @ self.p["W" + str(l)].T
                self.p["W" + str(l)] -= 0.01 * g
"""

DATA_IN_A_DICTIONARY = """
import numpy as np
class Net:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_out, n_in) * 0.5
    def train(self, dataset, epochs):
        X, Y = dataset["X"], dataset["Y"]
        for epoch in range(epochs):
            self.w -= 0.01 * (np.dot(self.w, X) - Y) @ X.T
"""

A_FIRST_EPOCH = """
import numpy as np
class Net:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_in, n_out) * 0.5
    def fit(self, X_train, y_train, epochs=1, start_epoch=0):
        for epoch in range(start_epoch, epochs):
            self.w -= 0.01 * X_train.T @ (X_train @ self.w - y_train)
        self.latest = epoch
"""

A_BATCH_AND_ITS_SIZE = """
import numpy as np
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden) * 0.3
        self.W2 = np.random.randn(n_hidden, n_out) * 0.3
    def forward(self, x):
        self.h = np.tanh(x @ self.W1)
        e = np.exp(self.h @ self.W2)
        return e / e.sum(axis=1, keepdims=True)
    def onehot(self, y, batch_size, n_out):
        t = np.zeros((batch_size, n_out))
        t[np.arange(batch_size), y] = 1
        return t
    def backward(self, batch_size, y, y_pred, x, lr):
        d = (y_pred - self.onehot(y, batch_size, y_pred.shape[1])) / batch_size
        gW2 = self.h.T @ d
        gW1 = x.T @ (d @ self.W2.T * (1 - self.h ** 2))
        self.W1 -= lr * gW1
        self.W2 -= lr * gW2
"""

A_NUMBER_THAT_ONLY_DIVIDES = """
import numpy as np
def init(n_in, n_h, n_out):
    W1 = np.random.randn(n_h, n_in) * 0.3
    W2 = np.random.randn(n_out, n_h) * 0.3
    return W1, W2
def forward(x, W1, W2):
    a = np.tanh(W1 @ x)
    yhat = 1 / (1 + np.exp(-(W2 @ a)))
    return yhat, a
def back_propagation(x, y, yhat, a, W1, W2, N, lam):
    d = (1 / N) * (yhat - y)
    dW2 = d @ a.T + lam * W2
    dW1 = (W2.T @ d * (1 - a ** 2)) @ x.T + lam * W1
    return dW1, dW2
"""

LISTS_AND_A_TOLERANCE = """
import numpy as np
def sig(z): return 1/(1+np.exp(-z))
def train(x_list, y_list, layer_sizes, alpha, epsilon, max_iter=1000):
    thetas = [np.random.uniform(-1, 1, (b, a+1)) for a, b in zip(layer_sizes, layer_sizes[1:])]
    last = np.inf
    for _ in range(max_iter):
        steps, cost = [np.zeros_like(t) for t in thetas], 0
        for x, y in zip(x_list, y_list):
            a = np.concatenate(([1], x))
            h = np.concatenate(([1], sig(thetas[0] @ a)))
            d = thetas[1] @ h - y
            cost += 0.5*np.sum(d**2)
            steps[1] += np.outer(d, h)
            steps[0] += np.outer((thetas[1].T @ d * h*(1-h))[1:], a)
        for t, step in zip(thetas, steps):
            t -= alpha*step/len(x_list)
        if abs(last-cost) < epsilon:
            break
        last = cost
    return thetas
"""

TARGETS_TAKEN_ALONG = """
import numpy as np
class Net:
    def __init__(self):
        self.w1, self.w2, self.b = np.random.normal(), np.random.normal(), np.random.normal()
    def train(self, data, v):
        for _ in range(3):
            for x, t in zip(data, v):
                p = np.tanh(self.w1*x[0] + self.w2*x[1] + self.b)
                g = (p-t)*(1-p**2)
                self.w1 -= 0.1*g*x[0]
                self.w2 -= 0.1*g*x[1]
                self.b -= 0.1*g
"""

TARGETS_CALLED_OUTPUTS = """
import numpy as np
class Net:
    def __init__(self, window, inp, hid, out):
        self.window = window
        self.w1, self.w2 = np.random.randn(hid, inp)*0.3, np.random.randn(out, hid)*0.3
    def guess(self, inputs):
        self.h = np.tanh(self.w1 @ inputs)
        return self.w2 @ self.h
    def train(self, inputs, outputs):
        for _ in range(50):
            i = np.random.randint(4)
            e = self.guess(inputs[i]) - outputs[i]
            d = self.w2.T @ e * (1-self.h**2)
            self.w2 -= 0.1*np.outer(e, self.h)
            self.w1 -= 0.1*np.outer(d, inputs[i])
        self.draw(self.window)
    def draw(self, window):
        print(window)
"""

TARGETS_CUT_ALONG = """
import numpy as np
def start(n_in, n_out):
    W = np.random.randn(n_out, n_in)*0.3
    return W
def train(x, W, d, epochs):
    for _ in range(epochs):
        order = np.random.permutation(x.shape[1])
        for i in range(0, x.shape[1], 4):
            e = W @ x[:, order[i:i+4]] - d[:, order[i:i+4]]
            W -= 0.1 * e @ x[:, order[i:i+4]].T
    return W
"""

ROWS_AND_COLUMNS = """
import numpy as np
class Transfer:
    def __init__(self, f, derivative):
        self.f = f
        self.derivative = derivative
STEP = Transfer(lambda z: (z > 0)*1.0, lambda z: 0*z)
TANH = Transfer(np.tanh, lambda z: 1-np.tanh(z)**2)
class Layer:
    def __init__(self, nRow, nCol, aFun):
        self.w = np.random.rand(nRow, nCol)-0.5
        self.b = np.random.rand(nRow)
        self.aFun = aFun
    def eval(self, i):
        self.i = i
        self.z = self.w @ i + self.b
        return self.aFun.f(self.z)
class Net:
    def __init__(self, layers, eta):
        self.layers = layers
        self.eta = eta
    def train(self, inp, wanted):
        a = inp
        for layer in self.layers:
            a = layer.eval(a)
        d = a - wanted
        for layer in reversed(self.layers):
            d = d*layer.aFun.derivative(layer.z)
            back = layer.w.T @ d
            layer.w -= self.eta*np.outer(d, layer.i)
            layer.b -= self.eta*d
            d = back
"""

FUNCTIONS_OVER_LAYERS = """
import numpy as np
def act(x, method="none"):
    if method == "tanh":
        return np.tanh(x)
    elif method == "none":
        return x
def dact(x, method="none"):
    if method == "tanh":
        return 1-np.tanh(x)**2
    elif method == "none":
        return np.ones(x.shape)
class layer:
    def __init__(self, inputNum, neuronsNum, act):
        self.act = act
        self.weights = np.random.uniform(-0.5, 0.5, (neuronsNum, inputNum))
        self.output = np.zeros((neuronsNum, 1))
class options:
    def __init__(self, lr=0.1, batchSize=1):
        self.lr = lr
        self.batchSize = batchSize
def forward(model, x):
    for one in model:
        one.sum = one.weights @ x
        x = one.output = act(one.sum, one.act)
    return x
def train(model, opt, x, d):
    assert x.shape[1] % opt.batchSize == 0
    delta = (forward(model, x)-d)*dact(model[-1].sum, model[-1].act)
    for a in range(len(model)-1, 0, -1):
        before = (model[a].weights.T @ delta)*dact(model[a-1].sum, model[a-1].act)
        model[a].weights -= opt.lr*delta @ model[a-1].output.T
        delta = before
    model[0].weights -= opt.lr*delta @ x.T
"""

TARGETS_AS_INDICES = """
import numpy as np
class Net:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_out, n_in)*0.3
        self.x = np.zeros(n_in)
        self.wanted = np.zeros(n_out)
    def forward(self):
        self.a = np.tanh(self.w @ self.x)
    def backward(self):
        self.w -= 0.1*np.outer((self.a-self.wanted)*(1-self.a**2), self.x)
    def fit_data(self, x_train, y_train, epochs):
        for _ in range(epochs):
            for number in range(len(x_train)):
                self.wanted = np.zeros(len(self.wanted))
                self.wanted[y_train[number]] = 1
                self.x = x_train[number]
                self.forward()
                self.backward()
"""

A_COST_THAT_NOTHING_CALLS = """
import numpy as np
def sig(z): return 1/(1+np.exp(-z))
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden)*0.3
        self.W2 = np.random.randn(n_hidden, n_out)*0.3
    def forward(self, X):
        self.h = sig(X @ self.W1)
        self.out = sig(self.h @ self.W2)
        return self.out
    def error(self, y, outputs):
        return np.mean((y - outputs)**2)
    def backward(self, X, y, lr=0.1):
        d = (self.out - y)*self.out*(1-self.out)
        dh = d @ self.W2.T * self.h*(1-self.h)
        self.W2 -= lr * self.h.T @ d
        self.W1 -= lr * X.T @ dh
"""

OUTPUTS_WITHOUT_A_NAME = """
import numpy as np
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e/e.sum(axis=1, keepdims=True)
def init(n_in, n_hidden, n_out):
    return {"W1": np.random.randn(n_in, n_hidden)*0.3, "W2": np.random.randn(n_hidden, n_out)*0.3}
def forward(X, params):
    h = np.tanh(X @ params["W1"])
    return softmax(h @ params["W2"]), h
def cross_entropy_error(probs, y):
    return -np.mean(np.sum(y*np.log(probs), axis=1))
def backward(X, y, probs, h, params):
    d = (probs - y)/len(X)
    return {"W2": h.T @ d, "W1": X.T @ (d @ params["W2"].T*(1-h**2))}
def update(params, grads, lr):
    for k in params:
        params[k] -= lr*grads[k]
    return params
"""

KEPT_GRADIENTS = """
import numpy as np
class Net:
    def __init__(self, n_inputs, n_hidden_units, n_outputs):
        self.n_inputs = n_inputs
        self.w = np.random.randn(n_inputs, n_hidden_units) * 0.3
        self.v = np.random.randn(n_hidden_units, n_outputs) * 0.3
        self.dw, self.dv = np.zeros_like(self.w), np.zeros_like(self.v)
    def feedforward(self, row):
        self.row = np.array(row).reshape(1, self.n_inputs)
        self.hidden = np.tanh(self.row @ self.w)
        self.output = self.hidden @ self.v
    def backpropagation(self, target):
        error = np.array(target) - self.output
        self.dw += self.row.T @ (error @ self.v.T * (1 - self.hidden ** 2))
        self.dv += self.hidden.T @ error
    def update_weights(self, learning_rate):
        self.w += learning_rate * self.dw
        self.v += learning_rate * self.dv
        self.dw, self.dv = np.zeros_like(self.w), np.zeros_like(self.v)
"""

ROWS_THAT_BEGIN_WITH_1 = """
import numpy as np
class Net:
    def __init__(self, units):
        self.w = np.random.rand(units[1], units[0] + 1)
        self.v = np.random.rand(units[2], units[1])
    def fit(self, x, y, lr, epochs):
        for epoch in range(epochs):
            h = np.tanh(x @ self.w.T)
            d = h @ self.v.T - y
            back = d @ self.v * (1 - h ** 2)
            self.v -= lr * d.T @ h
            self.w -= lr * back.T @ x
"""

A_FUNCTION_AND_ITS_DERIVATIVE = """
import numpy as np
logistic = (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a))
class Layer:
    def __init__(self, n_in, n_out, act_f):
        self.act_f = act_f
        self.w = np.random.randn(n_in, n_out)
def create_layers(topology, act_f):
    return [Layer(topology[i], topology[i + 1], act_f) for i in range(len(topology) - 1)]
def train(layers, X, Y, lr=0.5):
    outputs = [X]
    for layer in layers:
        outputs.append(layer.act_f[0](outputs[-1] @ layer.w))
    delta = outputs[-1] - Y
    for i in reversed(range(len(layers))):
        delta = delta * layers[i].act_f[1](outputs[i + 1])
        gradient, delta = outputs[i].T @ delta, delta @ layers[i].w.T
        layers[i].w = layers[i].w - lr * gradient
"""

AN_ACTIVATION_OBJECT = """
import numpy as np
class Tanh:
    def forward(self, z):
        self.a = np.tanh(z)
    def backward(self, d):
        self.dz = d * (1 - self.a ** 2)
class Sigmoid:
    def forward(self, z):
        self.a = 1 / (1 + np.exp(-z))
    def backward(self, d):
        self.dz = d * self.a * (1 - self.a)
class Network:
    def __init__(self, n_neurons, activation):
        self.act = [activation for _ in range(1)]
        self.w1, self.w2 = np.random.randn(1, n_neurons), np.random.randn(n_neurons, 1)
    def forward(self, x):
        act = self.act
        act[0].forward(x @ self.w1)
        self.out = act[0].a @ self.w2
    def backward(self, x, d):
        self.act[0].backward(d @ self.w2.T)
        self.dw2, self.dw1 = self.act[0].a.T @ d, x.T @ self.act[0].dz
class SGD:
    def __init__(self, rate=0.1):
        self.rate = rate
    def update(self, net):
        net.w1 -= self.rate * net.dw1
        net.w2 -= self.rate * net.dw2
def run(X_t, Y_t, Activation, n_epoch=100, n_neurons=20):
    net, sgd = Network(n_neurons, Activation), SGD()
    for _ in range(n_epoch):
        net.forward(X_t)
        net.backward(X_t, net.out - Y_t)
        sgd.update(net)
"""

LISTS_OF_GRADIENTS = """
import numpy as np
class Mlp:
    def __init__(self, dim_in, hidden_units, dim_out):
        dims = [dim_in] + hidden_units + [dim_out]
        self.ws = [np.random.randn(a, b) * 0.3 for a, b in zip(dims[:-1], dims[1:])]
        self.bs = [np.zeros(b) for b in dims[1:]]
        self.hs = []

    def _linear(self, h, w, b):
        self.hs.append(h)
        return np.tanh(h @ w + b)

    def forward(self, x):
        self.hs = []
        output = x
        for w, b in zip(self.ws, self.bs):
            output = self._linear(output, w, b)
        return output

    def backward(self, y_hat, y):
        dws, dbs = [], []
        delta = (y_hat - y) * (1 - y_hat ** 2)
        for t in reversed(range(len(self.ws))):
            dws.append(self.hs[t].T @ delta)
            dbs.append(delta.sum(axis=0))
            delta = delta @ self.ws[t].T * (1 - self.hs[t] ** 2)
        return dws[::-1], dbs[::-1]
"""
A_METHOD_TO_BE_OVERRIDDEN = """
import numpy as np
class Module:
    def forward(self, input_):
        return self.update_output(input_)

    def backward(self, input_, grad_output):
        self.acc_grad(input_, grad_output)
        return self.update_grad(input_, grad_output)

    def update_output(self, input_):
        raise NotImplementedError

    def update_grad(self, input_, grad_output):
        raise NotImplementedError

    def acc_grad(self, input_, grad_output):
        pass

class Linear(Module):
    def __init__(self, input_d, output_d):
        self.weight = np.random.randn(output_d, input_d) * 0.3
        self.grad_weight = np.zeros((output_d, input_d))

    def update_output(self, input_):
        self.output = input_ @ self.weight.T
        return self.output

    def update_grad(self, input_, grad_output):
        return grad_output @ self.weight

    def acc_grad(self, input_, grad_output):
        self.grad_weight = grad_output.T @ input_

class Sequential(Module):
    def __init__(self):
        self.modules = []

    def add(self, module):
        self.modules.append(module)

    def update_output(self, input_):
        self.output = input_
        for module in self.modules:
            self.output = module.forward(self.output)
        return self.output

    def backward(self, input_, grad_output):
        for i in range(len(self.modules) - 1, 0, -1):
            grad_output = self.modules[i].backward(self.modules[i - 1].output, grad_output)
        return self.modules[0].backward(input_, grad_output)

class SquaredCriterion:
    def forward(self, output, target):
        return 0.5 * np.sum((output - target) ** 2)

    def backward(self, output, target):
        return output - target
"""
LAYERS_IN_ANY_NUMBER = """
import numpy as np
class Tensor:
    def __init__(self, data):
        self.data, self.grad = data, 0.0 * data

class Linear:
    def __init__(self, n_in, n_out, rng):
        self.w = Tensor(rng.normal(0.0, 0.3, (n_in, n_out)))

    def __call__(self, x):
        self.x = x
        return x @ self.w.data

    def backward(self, delta):
        self.w.grad = self.x.T @ delta
        return delta @ self.w.data.T

    def parameters(self):
        return [self.w]

class Tanh:
    def __call__(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, delta):
        return delta * (1 - self.y ** 2)

    def parameters(self):
        return []

class Sequential:
    def __init__(self, *layers):
        self.layers = list(layers)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]

def train(model, metric, x_train, y_train, learning_rate=0.1, n_epochs=50):
    for epoch in range(n_epochs):
        out = model(x_train)
        delta = out - y_train
        for layer in reversed(model.layers):
            delta = layer.backward(delta)
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        print(metric(out, y_train))
"""
A_STEP_OF_ALL_LAYERS = """
import numpy as np
class Dense:
    def __init__(self, inputs, outputs):
        self.w = np.random.randn(inputs, outputs) * 0.3

    def forward(self, x):
        self.x = x
        return x @ self.w

    def backward(self, delta):
        self.dw = self.x.T @ delta
        return delta @ self.w.T

    def update(self, rate):
        self.w -= rate * self.dw

class Network:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, loss_grad):
        for layer in reversed(self.layers):
            loss_grad = layer.backward(loss_grad)

    def update(self, rate=0.1):
        for layer in self.layers:
            layer.update(rate)
"""
LAYERS_OF_ONE_SIZE = """
import numpy as np
class InputLayer:
    def __init__(self, shape):
        self.shape = shape

    def connect(self, before):
        pass

    def forward(self, x):
        return x

    def backward(self, delta, rate):
        return delta

class Dense:
    def __init__(self, units):
        self.units = self.shape = units

    def connect(self, before):
        self.w = np.random.randn(before.shape, self.units) * 0.3

    def forward(self, x):
        self.x = x
        return x @ self.w

    def backward(self, delta, rate):
        step = self.x.T @ delta
        delta = delta @ self.w.T
        self.w -= rate * step
        return delta

class Network:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        if self.layers:
            layer.connect(self.layers[-1])
        self.layers.append(layer)

    def fit(self, x, y, epochs, rate):
        for _ in range(epochs):
            a = x
            for layer in self.layers:
                a = layer.forward(a)
            delta = a - y
            for layer in reversed(self.layers):
                delta = layer.backward(delta, rate)
"""
SIZES_HANDED_ON = """
import numpy as np

STARTS = {"he": lambda rows, columns: np.random.randn(rows, columns) * np.sqrt(2 / rows)}


class Layer:
    def __init__(self, fore, aft, place, start="he"):
        self.size = {"fore": fore, "aft": aft}
        self.w = STARTS[start](*self.size.values())
        self.is_last = place == "last"

    def forward(self, x):
        self.x = x
        z = x @ self.w
        self.a = z if self.is_last else np.tanh(z)
        return self.a

    def backward(self, d, lr):
        d = d if self.is_last else d * (1 - self.a ** 2)
        before = d @ self.w.T
        self.w -= lr * self.x.T @ d
        return before


class Network:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def train(self, x, y, epochs, lr):
        for _ in range(epochs):
            a = x
            for layer in self.layers:
                a = layer.forward(a)
            d = a - y
            for layer in reversed(self.layers):
                d = layer.backward(d, lr)
"""
KEPT_IN_TRAINING = """
import numpy as np


class Net:
    def __init__(self, sizes):
        self.W = [np.random.randn(b, a) for a, b in zip(sizes, sizes[1:])]

    def forward(self, X_batch, is_training=False):
        kept = {"a0": X_batch}
        a = X_batch
        for k, w in enumerate(self.W):
            a = np.tanh(np.dot(w, a))
            if is_training:
                kept["a" + str(k + 1)] = a
        return a, kept

    def step(self, conf, guess, target, kept):
        d = guess - target
        for k in reversed(range(len(conf["layer_sizes"]) - 1)):
            d = d * (1 - kept["a" + str(k + 1)] ** 2)
            before = self.W[k].T @ d
            self.W[k] -= conf["learning_rate"] * d @ kept["a" + str(k)].T
            d = before
"""

INPUTS_BESIDE_LABELS = """
import numpy as np
squash = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh}
slopes = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a * a}
errors = {"se": lambda a, y: a - y}
class Net:
    def __init__(self, architecture, activations, loss):
        self.w = [np.random.randn(m, n) for m, n in zip(architecture, architecture[1:])]
        self.kinds, self.loss = activations, loss
    def train(self, np_matrix, labels, epochs=1):
        for _ in range(epochs):
            for np_vector, label in zip(np_matrix, labels):
                self.step(np_vector, label)
    def step(self, np_vector, label):
        a = [np_vector]
        for w, kind in zip(self.w, self.kinds):
            a.append(squash[kind](a[-1] @ w))
        e = errors[self.loss](a[-1], label)
        for i in (1, 0):
            d = e * slopes[self.kinds[i]](a[i + 1])
            e = self.w[i] @ d
            self.w[i] -= 0.5 * np.outer(a[i], d)
"""

LAYERS_AND_NAMES_OF_CLASSES = """
import numpy as np
class Net:
    def __init__(bruv, layers: list = None):
        bruv.layers = []
        if layers is not None:
            bruv.add_layers(layers)
    def add_layer(self, layer):
        self.layers.append(layer)
        layer.place = len(self.layers)
    def add_layers(self, layers):
        for layer in layers:
            self.add_layer(layer)
    def backward(self, loss):
        grad = loss.backward()
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
class Dense:
    def __init__(self, size, input_size):
        self.place = 0
        self.w = np.random.randn(input_size, size)
    def __call__(self, x):
        self.x = x
        return x @ self.w
    def backward(self, prop_grad):
        self.dw = self.x.T @ prop_grad
        return prop_grad @ self.w.T
class Tanh:
    def __init__(self):
        self.place = 0
    def __call__(self, x):
        self.a = np.tanh(x)
        return self.a
    def backward(self, prop_grad):
        return prop_grad * (1 - self.a**2)
class Squares:
    shorthand = "sq_error"
    def __call__(self, x, target):
        self.d = x - target
        return np.sum(self.d ** 2)
    def backward(self):
        return 2 * self.d
def named(shorthand):
    return next(one for one in (Squares,) if one.shorthand == shorthand)
def train(model, x, y, loss_fn=None, epochs=1):
    loss_fn = named(loss_fn.lower())()
    for _ in range(epochs):
        loss_fn(model(x), y)
        model.backward(loss_fn)
        for layer in model.layers:
            if hasattr(layer, "dw"):
                layer.w -= 0.01 * layer.dw
"""

SIZES_THAT_BELONG_TOGETHER = """
import numpy as np
class MLP:
    def __init__(self, nodos_e: int, nodos_s: int, capas: int, por_capa: list):
        assert len(por_capa) == capas
        self.por_capa, self.total = por_capa, sum(por_capa)
        self.todo = [nodos_e] + self.por_capa + [nodos_s]
        self.pesos = [np.random.randn(m, n) for m, n in zip(self.todo, self.todo[1:])]
    def train(self, x_train, y_train, x_test, y_test, epocas, tasa, tolerancia):
        for _ in range(epocas):
            for x, y in zip(x_train, y_train):
                h = np.tanh(x @ self.pesos[0])
                error = y - h @ self.pesos[1]
                self.step(x, h, error, tasa)
            for x, y in zip(x_test, y_test):
                if y - tolerancia < np.tanh(x @ self.pesos[0]) @ self.pesos[1] < y + tolerancia:
                    print("near")
    def step(self, x, h, error, tasa):
        back = (self.pesos[1] @ error) * (1 - h * h)
        self.pesos[1] += np.outer(h, error) * tasa
        self.pesos[0] += np.outer(x, back) * tasa
"""

STEP_IN_THE_FORWARD_PASS = """
import numpy as np
class Matrix:
    def times(self, a, b):
        return np.dot(a, b)
    def Sub(self, a, b):
        return np.subtract(a, b)
class Net:
    def __init__(self, node_e, node_o, node_s):
        self.pesos_eo = np.random.rand(node_e, node_o)
        self.pesos_os = np.random.rand(node_o, node_s)
    def FeedForward(self, Entradas=0, Esperadas=0):
        self.Entradas, self.Esperadas = Entradas, Esperadas
        m = Matrix()
        hidden = np.tanh(m.times(self.Entradas, self.pesos_eo))
        error = m.Sub(m.times(hidden, self.pesos_os), self.Esperadas)
        back = np.multiply(m.times(error, self.pesos_os.T), 1 - hidden**2)
        self.Gradient_E = m.times(self.Entradas.T, back)
        self.pesos_os = m.Sub(self.pesos_os, 0.1 * m.times(hidden.T, error))
        self.pesos_eo = m.Sub(self.pesos_eo, 0.1 * self.Gradient_E)
    def Gradient_E(self):
        print(self.Gradient_E)
"""

LAYERS_WITHOUT_WEIGHTS_AT_FIRST = """
import numpy as np
class Dense:
    def __init__(self, units):
        self.units = units
        self.weights = None
        self.bias = None
    def compile(self, before):
        self.weights = np.random.randn(before, self.units) * 0.5
        self.bias = np.zeros(self.units)
    def forward(self, x):
        self.x = x
        self.out = np.tanh(np.dot(
            x, self.weights) + self.bias)
        return self.out
    def backward(self, d):
        d = d * (1 - self.out ** 2)
        self.dw, self.db = self.x.T @ d, d.sum(axis=0)
        return d @ self.weights.T
    def update(self, lr):
        self.weights -= lr * self.dw
        self.bias -= lr * self.db
class Network:
    def __init__(self):
        self.layers = []
    def add(self, layer):
        self.layers.append(layer)
    def prepare(self, input):
        size = input
        for layer in self.layers:
            layer.compile(size)
            size = layer.units
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def train(self, X, y, epochs):
        for _ in range(epochs):
            d = self.forward(X) - y
            for layer in reversed(self.layers):
                d = layer.backward(d)
            for layer in self.layers:
                layer.update(0.1)
"""

LAYERS_NAMED_FOR_THEIR_ACTIVATION = """
import numpy as np
class Layer:
    def __init__(self, input_len=0, output_len=0):
        self.weights = np.random.randn(input_len, output_len) * 0.5
    def forward(self, x):
        self.x = x
        self.out = self.activation(x @ self.weights)
        return self.out
    def backward(self, d):
        d = d * self.slope()
        self.dw = self.x.T @ d
        return d @ self.weights.T
    def update(self, lr):
        self.weights -= lr * self.dw
class Tanh(Layer):
    def activation(self, z):
        return np.tanh(z)
    def slope(self):
        return 1 - self.out ** 2
class Network:
    def __init__(self):
        self.layers = []
    def add(self, layer):
        self.layers.append(layer)
    def fit(self, X, y, epochs):
        for _ in range(epochs):
            x = X
            for layer in self.layers:
                x = layer.forward(x)
            d = x - y
            for layer in reversed(self.layers):
                d = layer.backward(d)
            for layer in self.layers:
                layer.update(0.1)
"""

TUPLES_OF_A_SIZE_AND_A_KIND = """
import numpy as np
from copy import deepcopy
KINDS = {"tanh": (np.tanh, lambda a: 1 - a ** 2), "linear": (lambda z: z, lambda a: np.ones_like(a))}
class Net:
    def __init__(self, input_size, output_size, layers):
        self.layers = deepcopy(layers)
        self.layers.append((output_size, "linear"))
        self.w = []
        for units, _ in self.layers:
            self.w.append(np.random.randn(input_size, units) * 0.3)
            input_size = units
    def fit(self, X, y, epochs=100, lr=0.1):
        for _ in range(epochs):
            a = [X]
            for (_, kind), w in zip(self.layers, self.w):
                a.append(KINDS[kind][0](a[-1] @ w))
            d = (a[-1] - y) * KINDS["linear"][1](a[-1])
            for i in reversed(range(len(self.w))):
                grad = a[i].T @ d
                d = d @ self.w[i].T * (KINDS[self.layers[i - 1][1]][1](a[i]) if i else 1)
                self.w[i] -= lr * grad / len(X)
"""

DATA_TO_TRAIN_AND_DATA_FOR_THE_COST = """
import numpy as np
class NeuralNetwork:
    def __init__(self, n_inputs, n_outputs):
        self.w = np.random.randn(n_inputs, n_outputs) * 0.3
    def train(self, X_cost, Y_cost, X_train, Y_train):
        m_cost = X_cost.shape[0]
        for _ in range(3):
            d = X_train @ self.w - Y_train
            self.w -= 0.1 * X_train.T @ d / len(X_train)
            print(np.sum((X_cost @ self.w - Y_cost) ** 2) / m_cost)
"""

GRADIENT_OF_THE_SAME_OBJECT = """
import numpy as np
def gradient_of_relu(z):
    return (z > 0) * 1.0
class Model:
    def __init__(self, n_inputs, n_outputs):
        self.weights = np.random.randn(n_outputs, n_inputs) * 0.3
        self.biases = np.zeros((n_outputs, 1))
    def gradient(self, dataset, targets):
        d = (self.weights @ dataset.T + self.biases).T - targets
        return [-d.T @ dataset / len(dataset), -np.mean(d, axis=0)[:, None]]
    def update_weights(self, dW):
        self.weights += dW[0]
        self.biases += dW[1]
"""

LAYERS_THAT_ARE_TOLD_THE_NUMBER_OF_INPUTS = """
import numpy as np
class Dense:
    def __init__(self, units, input_dim=None):
        self.units, self.input_dim = units, input_dim
    def initialize(self):
        self.w = np.random.randn(self.input_dim, self.units) * 0.3
    def forward(self, x):
        self.x = x
        return x @ self.w
    def backward(self, d):
        self.grad = self.x.T @ d
        return d @ self.w.T
class Network:
    def __init__(self, layers):
        self.layers = layers
class Trainer:
    def create_network(self, layers, input_dim):
        layers[0].input_dim = input_dim
        for i in range(len(layers)):
            if layers[i].input_dim is None:
                layers[i].input_dim = layers[i - 1].units
            layers[i].initialize()
        return Network(layers)
    def fit(self, network, X, y, epochs=100):
        for _ in range(epochs):
            out = X
            for layer in network.layers:
                out = layer.forward(out)
            d = out - y
            for layer in reversed(network.layers):
                d = layer.backward(d)
                layer.w -= 0.01 * layer.grad
"""

SETTINGS_THAT_ARE_EMPTY_BY_DEFAULT = """
import numpy as np
class Network:
    def __init__(self, hidden_shapes, input_shape=784, output_shape=10):
        shapes = [input_shape] + hidden_shapes + [output_shape]
        self.w = [np.random.randn(a, b) * 0.3 for a, b in zip(shapes, shapes[1:])]
    def train(self, X, y, epochs, settings={}):
        decay = settings.get("decay", 1)
        for _ in range(epochs):
            h = np.tanh(X @ self.w[0])
            d = h @ self.w[1] - y
            step = [X.T @ (d @ self.w[1].T * (1 - h ** 2)), h.T @ d]
            self.w = [w - settings.get("learning_rate", 1e-2) * g for w, g in zip(self.w, step)]
            settings["learning_rate"] *= decay
"""

DESCRIPTIONS_WITH_A_KEY_OF_A_TABLE = """
import numpy as np
TYPES = {"tanh": (np.tanh, lambda a: 1 - a ** 2), "linear": (lambda z: z, lambda a: np.ones_like(a))}
class Model:
    def __init__(self, input_shape, nodes_list):
        self.w, self.f = [], []
        for node in list(nodes_list):
            self.w.append(np.random.randn(input_shape, node["nodes"]) * 0.3)
            self.f.append(TYPES[node["type"]])
            input_shape = node["nodes"]
    def fit(self, inputs_epoch, truth_epoch, epochs):
        for _ in range(epochs):
            a = [inputs_epoch]
            for w, f in zip(self.w, self.f):
                a.append(f[0](a[-1] @ w))
            d = (a[-1] - truth_epoch) / inputs_epoch.shape[0]
            for i in reversed(range(len(self.w))):
                d = d * self.f[i][1](a[i + 1])
                grad, d = a[i].T @ d, d @ self.w[i].T
                self.w[i] -= 0.1 * grad
"""

# its training gives each epoch to a loop, and asks for the activation of each layer by its text
EPOCHS_ONE_BY_ONE = """
import numpy as np

class Functions:
    @staticmethod
    def apply(z, name):
        if name == "relu":
            return np.maximum(z, 0)
        elif name == "softmax":
            shares = np.exp(z - z.max(axis=1, keepdims=True))
            return shares / shares.sum(axis=1, keepdims=True)
        raise ValueError(name)

class Net:
    def __init__(self, layer_dims, activation_funcs, learning_rate=0.1):
        self.activation_funcs = activation_funcs
        self.rate = learning_rate
        self.parameters = {}
        for l in range(1, len(layer_dims)):
            scale = 0.5 if activation_funcs[l - 1] == "relu" else 0.3
            self.parameters[f"W{l}"] = np.random.randn(layer_dims[l - 1], layer_dims[l]) * scale
            self.parameters[f"b{l}"] = np.zeros((1, layer_dims[l]))

    def fit(self, X, y, epochs=100):
        targets = np.zeros((len(X), self.parameters["W2"].shape[1]))
        targets[np.arange(len(X)), y.astype(int)] = 1.0
        for epoch in range(epochs):
            z = X @ self.parameters["W1"] + self.parameters["b1"]
            a = Functions.apply(z, self.activation_funcs[0])
            out = Functions.apply(a @ self.parameters["W2"] + self.parameters["b2"], self.activation_funcs[1])
            delta = (out - targets) / len(X)
            inner = (delta @ self.parameters["W2"].T) * (z > 0)
            self.parameters["W2"] -= self.rate * a.T @ delta
            self.parameters["b2"] -= self.rate * delta.sum(axis=0, keepdims=True)
            self.parameters["W1"] -= self.rate * X.T @ inner
            self.parameters["b1"] -= self.rate * inner.sum(axis=0, keepdims=True)
            yield epoch + 1, -np.mean(np.sum(targets * np.log(out), axis=1))
"""

# its step takes the gradients one by one, and its backward pass follows a forward pass
GRADIENTS_BY_NAME = """
import numpy as np

class Net:
    def __init__(self, input_size, hidden_size, output_size):
        self.W1 = np.random.randn(hidden_size, input_size) * 0.3
        self.b1 = np.zeros((hidden_size, 1))
        self.W2 = np.random.randn(output_size, hidden_size) * 0.3
        self.b2 = np.zeros((output_size, 1))

    def forward(self, X):
        self.A1 = np.tanh(self.W1 @ X + self.b1)
        self.A2 = self.W2 @ self.A1 + self.b2
        return self.A2

    def backward(self, X, Y):
        m = X.shape[1]
        dZ2 = self.A2 - Y
        dZ1 = (self.W2.T @ dZ2) * (1 - self.A1 ** 2)
        dW1 = dZ1 @ X.T / m
        db1 = dZ1.sum(axis=1, keepdims=True) / m
        dW2 = dZ2 @ self.A1.T / m
        db2 = dZ2.sum(axis=1, keepdims=True) / m
        return dW1, db1, dW2, db2

    def update_parameters(self, dW1, db1, dW2, db2, learning_rate):
        self.W1 = self.W1 - learning_rate * dW1
        self.b1 = self.b1 - learning_rate * db1
        self.W2 = self.W2 - learning_rate * dW2
        self.b2 = self.b2 - learning_rate * db2
"""

# its loss is given what the forward pass put out, and its backward pass nothing
LOSS_OF_OUTPUTS = """
import numpy as np

class Dense:
    def __init__(self, in_dim, out_dim):
        self.weight = np.random.randn(in_dim, out_dim) * 0.3
        self.bias = np.zeros((1, out_dim))

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, d):
        self.dw, self.db = self.x.T @ d, d.sum(axis=0, keepdims=True)
        return d @ self.weight.T

    def update(self, lr):
        self.weight -= lr * self.dw
        self.bias -= lr * self.db

class SquaredLoss:
    def forward(self, x, y):
        self.difference = x - y
        return np.mean(np.sum(self.difference ** 2, axis=1))

    def backward(self):
        return 2 * self.difference / len(self.difference)

class Net:
    def __init__(self, layers, loss):
        self.layers = layers
        self.loss_fn = loss

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x, y):
        return self.loss_fn.forward(x, y)

    def backward(self):
        d = self.loss_fn.backward()
        for layer in reversed(self.layers):
            d = layer.backward(d)
        return d

    def update_weights(self, lr):
        for layer in self.layers:
            layer.update(lr)
"""

ARRAYS_OF_ONE_LETTER = """
import numpy as np

def init(rng, d, h, o):
    return {"W1": rng.normal(size=(d, h)) * 0.3, "b1": np.zeros(h), "W2": rng.normal(size=(h, o)) * 0.3}

def loss_and_grad(p, x, y):
    h = np.tanh(x @ p["W1"] + p["b1"])
    error = h @ p["W2"] - y
    back = error @ p["W2"].T * (1 - h ** 2)
    return 0.5 * np.mean(error ** 2), {
        "W1": x.T @ back / error.size, "b1": back.sum(0) / error.size, "W2": h.T @ error / error.size
    }

def step(p, g, lr):
    return {k: p[k] - lr * g[k] for k in p}

def train(p, batches, lr=0.1):
    for x, y in batches:
        loss, g = loss_and_grad(p, x, y)
        p = step(p, g, lr)
        yield p, loss
"""

VARIANTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "descriptions with a key of a table": (
        DESCRIPTIONS_WITH_A_KEY_OF_A_TABLE,
        (
            "net = Model(7, [{'nodes': 5, 'type': 'tanh'}, {'nodes': 3, 'type': 'tanh'}])",
            "net.fit(X, Y, 3)",
        ),
    ),
    "settings that are empty by default": (
        SETTINGS_THAT_ARE_EMPTY_BY_DEFAULT,
        (
            "net = Network([5], 7, 3)",
            "net.train(X, Y, 3, {'learning_rate': 0.1})",
        ),
    ),
    "tuples of a size and a kind": (
        TUPLES_OF_A_SIZE_AND_A_KIND,
        (
            "net = Net(7, 3, [(5, 'tanh')])",
            "net.fit(X, Y, epochs=3)",
        ),
    ),
    "data to train and data for the cost": (
        DATA_TO_TRAIN_AND_DATA_FOR_THE_COST,
        (
            "net = NeuralNetwork(7, 3)",
            "for i in range(3):",
            "    net.train(X, Y, X, Y)",
        ),
    ),
    "gradient of the same object": (
        GRADIENT_OF_THE_SAME_OBJECT,
        (
            "net = Model(7, 3)",
            "for i in range(3):",
            "    result1 = net.gradient(X, Y)",
            "    net.update_weights(result1)",
        ),
    ),
    "layers that are given the number of inputs": (
        LAYERS_THAT_ARE_TOLD_THE_NUMBER_OF_INPUTS,
        (
            "trainer = Trainer()",
            "layers = [Dense(5, 7), Dense(3, 5)]",
            "network_result = trainer.create_network(layers, 7)",
            "net = Network(layers)",
            "trainer.fit(net, X, Y, epochs=3)",
        ),
    ),
    "dictionaries in a list": (
        DICTIONARIES_IN_A_LIST,
        (
            "result1 = new_network([7, 5, 3])",
            "for i in range(3):",
            "    acts = run(result1, X)",
            "    grads = gradients(result1, acts, Y)",
            "    descend(result1, grads)",
        ),
    ),
    "pairs of a layer and its activation": (
        PAIRS_OF_A_LAYER_AND_ITS_ACTIVATION,
        (
            "net = Net([(Dense(7, 5), Tanh()), (Dense(5, 3), Tanh())])",
            "net.fit(X, Y, 3, 0.1)",
        ),
    ),
    "a loader, a loss and an optimizer": (
        A_LOADER_A_LOSS_AND_AN_OPTIMIZER,
        (
            "net = MLP(7, 5, 3)",
            "mse_loss = MSELoss()",
            "sgd = SGD(net, 0.1)",
            "train(net, [(X[:12], Y[:12]), (X[6:18], Y[6:18]), (X[12:], Y[12:])], mse_loss, sgd, 3)",
        ),
    ),
    "an optimizer of parameters": (
        AN_OPTIMIZER_OF_PARAMETERS,
        (
            "net = Net([7, 5, 3])",
            "sgd = SGD(net.params())",
            "for i in range(3):",
            "    sgd.zero_grad()",
            "    x = net.forward(X)",
            "    mean, result2 = mse(x, Y)",
            "    net.backward(result2)",
            "    sgd.step()",
        ),
    ),
    "layers one by one": (
        LAYERS_ONE_BY_ONE,
        (
            "squared_error = SquaredError()",
            "gradient_descent = GradientDescent(0.1)",
            "net = Network(Dense(7, 5), Sigmoid(), Dense(5, 3), loss=squared_error, optimizer=gradient_descent)",
            "for i in range(3):",
            "    value = net.train_on_batch(X, Y)",
        ),
    ),
    "settings in a dictionary": (
        SETTINGS_IN_A_DICTIONARY,
        (
            "net = Model({'hidden_dim': 5, 'input_dim': 7, 'learning_rate': 0.1, 'output_dim': 3, 'seed': 0})",
            "for i in range(3):",
            "    net.step(X, Y)",
        ),
    ),
    "a trainer": (
        A_TRAINER,
        (
            "net = Net(7, 5, 3)",
            "mse = MSE()",
            "adam = Adam()",
            "trainer = Trainer(net, mse, adam, batch_size=12)",
            "trainer.fit(X, Y, epochs=3)",
        ),
    ),
    "a loss that remembers the labels": (
        A_LOSS_THAT_REMEMBERS_THE_LABELS,
        (
            "two_layer = TwoLayer(7, 5, 3)",
            "for i in range(3):",
            "    P = two_layer.forward(X)",
            "    result1 = two_layer.compute_loss(labels)",
            "    two_layer.backward()",
            "    two_layer.update(0.1)",
        ),
    ),
    "one unit": (
        ONE_UNIT,
        (
            "estimator = Estimator(0.1, n_iter=3)",
            "estimator.fit(X, Y[:, 0])",
        ),
    ),
    "global weights": (
        GLOBAL_WEIGHTS,
        (
            "for i in range(3):",
            "    learn(X, Y, 0.1)",
        ),
    ),
    "samples and settings in dataclasses": (
        SAMPLES_AND_SETTINGS_IN_DATACLASSES,
        (
            "config = Config(7, 5, 3, steps=3)",
            "classifier = Classifier(config)",
            "samples = [Sample(x, y) for x, y in list(zip(X, labels))]",
            "for i in range(3):",
            "    classifier.fit(samples)",
        ),
    ),
    "arrays of one letter": (
        ARRAYS_OF_ONE_LETTER,
        (
            "result1 = init(np.random.default_rng(0), 7, 5, 3)",
            "for _ in train(result1, [(X[:12], Y[:12]), (X[6:18], Y[6:18]), (X[12:], Y[12:])]): pass",
        ),
    ),
    "lists that are returned": (
        LISTS_THAT_ARE_RETURNED,
        (
            "Ws, bs = start([7, 5, 3])",
            "for i in range(3):",
            "    zs, acts = propagate(X.T, Ws, bs)",
            "    gW, gb = back(Y.T, zs, acts, Ws)",
            "    Ws, bs = apply(Ws, bs, gW, gb, 0.1)",
        ),
    ),
    "layers added by size": (
        LAYERS_ADDED_BY_SIZE,
        (
            "net = Network()",
            "net.add_layer(7, 5)",
            "net.add_layer(5, 3)",
            "for i in range(3):",
            "    result1 = net.forward(X)",
            "    net.backward(Y, 0.1)",
        ),
    ),
    "functions with their derivatives": (
        FUNCTIONS_WITH_THEIR_DERIVATIVES,
        (
            "net = Net([7, 5, 3], logistic, logistic_derivative, half_square, half_square_gradient)",
            "for i in range(3):",
            "    run_result = net.run(X[i].reshape(-1, 1), Y[i].reshape(-1, 1))",
        ),
    ),
    "an enumeration": (
        AN_ENUMERATION,
        (
            "net = Model([Layer(7, 5, Activation.SIGMOID), Layer(5, 3, Activation.SIGMOID)])",
            "net.fit(X, Y, 0.1, 3)",
        ),
    ),
    "a generator of batches": (
        A_GENERATOR_OF_BATCHES,
        (
            "net = Net(7, 5, 3)",
            "for i in range(3):",
            "    net.step(X, Y, 0.1)",
        ),
    ),
    "outputs handed back": (
        OUTPUTS_HANDED_BACK,
        (
            "net = Net([7, 5, 3])",
            "for i in range(3):",
            "    result1 = net.feed(X)",
            "    net.adjust(X, Y, result1, 0.1)",
        ),
    ),
    "neurons": (
        NEURONS,
        (
            "net = Network(7, 5, 3)",
            "for i in range(3):",
            "    net.train(X[i], Y[i], 0.1)",
        ),
    ),
    "compiled as in Keras": (
        COMPILED_AS_IN_KERAS,
        (
            "sequential = Sequential()",
            "sequential.add(Dense(5))",
            "sequential.add(Dense(3))",
            "sgd = SGD()",
            "mean_squared = MeanSquared()",
            "sequential.compile(sgd, mean_squared)",
            "sequential.fit(X, Y, 3)",
        ),
    ),
    "a layer for the inputs": (
        A_LAYER_FOR_THE_INPUTS,
        (
            "net = Net([Layer(7), Layer(5), Layer(3)])",
            "for i in range(3):",
            "    net.learn(X, Y, 0.1)",
        ),
    ),
    "gradients returned by a method": (
        GRADIENTS_RETURNED_BY_A_METHOD,
        (
            "net = Net(7, 5, 3)",
            "for i in range(3):",
            "    a2, result2 = net.forward(X)",
            "    mean, result2_ = mse_loss(a2, Y)",
            "    g = net.backward(result2, result2_)",
            "    net.p['W2'] -= 0.1 * g['W2']",
            "    net.p['b2'] -= 0.1 * g['b2']",
            "    net.p['W1'] -= 0.1 * g['W1']",
            "    net.p['b1'] -= 0.1 * g['b1']",
        ),
    ),
    "functions handed over": (
        FUNCTIONS_HANDED_OVER,
        (
            "w_in = np.random.normal(0, 0.5, size=(7, 3))",
            "b_in = np.random.normal(0, 0.5, size=3)",
            "w, b, history = gradient_descent(X, Y, w_in, b_in, compute_cost, compute_gradient, 0.1, 3)",
        ),
    ),
    "inputs one by one": (
        INPUTS_ONE_BY_ONE,
        (
            "xor = Xor()",
            "for i in range(3):",
            "    xor.learn(X[i, 0], X[i, 1], Y[i, 0])",
        ),
    ),
    "parameters in a named tuple": (
        PARAMETERS_IN_A_NAMED_TUPLE,
        (
            "init_result = init(7, 5, 3)",
            "for i in range(3):",
            "    grads_result = grads(init_result, X, Y)",
            "    init_result = update(init_result, grads_result, 0.1)",
        ),
    ),
    "a list of parameters": (
        A_LIST_OF_PARAMETERS,
        (
            "result1 = create(7, 5, 3)",
            "for i in range(3):",
            "    H, P = forward(result1, X)",
            "    result1_ = backward(result1, X, H, P, Y)",
            "    step(result1, result1_, 0.1)",
        ),
    ),
    "any number of hidden sizes": (
        SIZES_BESIDE_INPUTS_AND_OUTPUTS,
        (
            "net = Net(7, 3, 5)",
            "for i in range(3):",
            "    net.train(X[i], Y[i])",
        ),
    ),
    "layers of its own in a list": (
        LAYERS_OF_ITS_OWN,
        (
            "net = MLP(7, [5], 3)",
            "for i in range(3):",
            "    x = net.forward(X)",
            "    net.backward(x - Y)",
            "    net.layers[0].params['weight'] -= 0.1 * net.layers[0].grads['weight']",
            "    net.layers[0].params['bias'] -= 0.1 * net.layers[0].grads['bias']",
            "    net.layers[2].params['weight'] -= 0.1 * net.layers[2].grads['weight']",
            "    net.layers[2].params['bias'] -= 0.1 * net.layers[2].grads['bias']",
        ),
    ),
    "settings in settings": (
        SETTINGS_IN_SETTINGS,
        (
            "net = NeuralNetwork({'model': {'input_size': 7, 'layers': ["
            "{'activation_function': 'tanh', 'num_neurons': 5}, {'activation_function': 'tanh', 'num_neurons': 3}]}, "
            "'training': {'early_stopping': {'enabled': True, 'patience': 0.1}, 'epochs': 3, 'learning_rate': 0.1}})",
            "for i in range(3):",
            "    net.train(X, Y)",
        ),
    ),
    "layers of its own in attributes": (
        LAYERS_IN_ATTRIBUTES,
        (
            "two_layer = TwoLayer(7, 5, 3)",
            "for i in range(3):",
            "    forward_result = two_layer.forward(X)",
            "    backward_result = two_layer.backward(forward_result - Y)",
            "    two_layer.fc1.W -= 0.1 * two_layer.fc1.dW",
            "    two_layer.fc1.b -= 0.1 * two_layer.fc1.db",
            "    two_layer.fc2.W -= 0.1 * two_layer.fc2.dW",
            "    two_layer.fc2.b -= 0.1 * two_layer.fc2.db",
        ),
    ),
    "names that say nothing": (
        NAMES_THAT_SAY_NOTHING,
        (
            "net = Net(7, 5, 3)",
            "for i in range(3):",
            "    net.train(X, labels)",
        ),
    ),
    "private weights and a method kept in an attribute": (
        PRIVATE_WEIGHTS_AND_A_METHOD_KEPT_IN_AN_ATTRIBUTE,
        (
            "net = Model(7, 5, 3)",
            "for i in range(3):",
            "    net.fit(X, Y)",
        ),
    ),
    "a loader that is asked for its data later": (
        A_LOADER_THAT_IS_ASKED_FOR_ITS_DATA_LATER,
        (
            "net = Net(7, 3)",
            "net.train([(X[:12], Y[:12]), (X[6:18], Y[6:18]), (X[12:], Y[12:])], 3)",
        ),
    ),
    "a batch and its size": (
        A_BATCH_AND_ITS_SIZE,
        (
            "net = Net(7, 5, 3)",
            "for i in range(3):",
            "    e = net.forward(X)",
            "    net.backward(len(X), labels, e, X, 0.1)",
        ),
    ),
    "a number that only divides": (
        A_NUMBER_THAT_ONLY_DIVIDES,
        (
            "W1, W2 = init(7, 5, 3)",
            "for i in range(3):",
            "    yhat, a = forward(X.T, W1, W2)",
            "    dW1, dW2 = back_propagation(X.T, Y.T, yhat, a, W1, W2, len(X), 0.1)",
            "    W1 -= 0.1 * dW1",
            "    W2 -= 0.1 * dW2",
        ),
    ),
    "a first epoch": (
        A_FIRST_EPOCH,
        (
            "net = Net(7, 3)",
            "net.fit(X, Y, epochs=3)",
        ),
    ),
    "data in a dictionary": (
        DATA_IN_A_DICTIONARY,
        (
            "net = Net(7, 3)",
            "net.train({'X': X.T, 'Y': Y.T}, 3)",
        ),
    ),
    "an activation for every size": (
        AN_ACTIVATION_FOR_EVERY_SIZE,
        (
            "net = Net([7, 5, 3], ['tanh', 'tanh', 'tanh'])",
            "net.train(X, Y, 3)",
        ),
    ),
    "gradients that the layers keep": (
        GRADIENTS_THAT_THE_LAYERS_KEEP,
        (
            "net = MLP(7, 5, 3)",
            "for i in range(3):",
            "    result1 = net.loss(X, Y)",
            "    net.gradient()",
            "    net.update(0.1)",
        ),
    ),
    "an optimizer of arrays": (
        AN_OPTIMIZER_OF_ARRAYS,
        (
            "net = Net([7, 5, 3])",
            "momentum = Momentum(net.parameters())",
            "for i in range(3):",
            "    result1 = net.forward(X)",
            "    result1_ = net.backward(Y)",
            "    momentum.step(result1_)",
        ),
    ),
    "lists and a tolerance": (
        LISTS_AND_A_TOLERANCE,
        ("thetas = train(X, Y, [7, 5, 3], 0.1, 1e-9, max_iter=3)",),
    ),
    "targets taken along with the inputs": (
        TARGETS_TAKEN_ALONG,
        ("net = Net()", "net.train(X, Y)"),
    ),
    "targets called outputs": (
        TARGETS_CALLED_OUTPUTS,
        ("net = Net(0.1, 7, 5, 3)", "net.train(X, Y)"),
    ),
    "targets cut along with the inputs": (
        TARGETS_CUT_ALONG,
        ("W = start(7, 3)", "W = train(X.T, W, Y.T, 3)"),
    ),
    "rows and columns": (
        ROWS_AND_COLUMNS,
        (
            "net = Net([Layer(5, 7, TANH), Layer(3, 5, TANH)], 0.1)",
            "for i in range(3):",
            "    net.train(X[i], Y[i])",
        ),
    ),
    "functions over layers": (
        FUNCTIONS_OVER_LAYERS,
        (
            "model = [layer(7, 5, 'tanh'), layer(5, 3, 'tanh')]",
            "options_ = options(batchSize=len(X))",
            "for i in range(3):",
            "    train(model, options_, X.T, Y.T)",
        ),
    ),
    "targets as indices": (
        TARGETS_AS_INDICES,
        ("net = Net(7, 3)", "net.fit_data(X, labels, 3)"),
    ),
    "a cost that nothing calls": (
        A_COST_THAT_NOTHING_CALLS,
        (
            "net = Net(7, 5, 3)",
            "for i in range(3):",
            "    out = net.forward(X)",
            "    own_cost = net.error(Y, out)",
            "    net.backward(X, Y)",
        ),
    ),
    "outputs without a name": (
        OUTPUTS_WITHOUT_A_NAME,
        (
            "result1 = init(7, 5, 3)",
            "for i in range(3):",
            "    probs, h = forward(X, result1)",
            "    own_cost = cross_entropy_error(probs, Y)",
            "    result1_ = backward(X, Y, probs, h, result1)",
            "    result1 = update(result1, result1_, 0.1)",
        ),
    ),
    "gradients that a step applies": (
        KEPT_GRADIENTS,
        (
            "net = Net(7, 5, 3)",
            "for i in range(3):",
            "    net.feedforward(X[i])",
            "    net.backpropagation(Y[i])",
            "    net.update_weights(0.1)",
        ),
    ),
    "rows that begin with 1": (
        ROWS_THAT_BEGIN_WITH_1,
        ("net = Net([7, 5, 3])", "net.fit(np.c_[np.ones(len(X)), X], Y, 0.1, 3)"),
    ),
    "a function and its derivative": (
        A_FUNCTION_AND_ITS_DERIVATIVE,
        (
            "result1 = create_layers([7, 5, 3], logistic)",
            "for i in range(3):",
            "    train(result1, X, Y)",
        ),
    ),
    "an activation object": (
        AN_ACTIVATION_OBJECT,
        ("tanh = Tanh()", "run(X, Y, tanh, n_epoch=3, n_neurons=5)"),
    ),
    "lists of gradients": (
        LISTS_OF_GRADIENTS,
        (
            "net = Mlp(7, [5], 3)",
            "for i in range(3):",
            "    output = net.forward(X)",
            "    dws, dbs = net.backward(output, Y)",
            "    net.ws[0] -= 0.1 * dws[0]",
            "    net.ws[1] -= 0.1 * dws[1]",
            "    net.bs[0] -= 0.1 * dbs[0]",
            "    net.bs[1] -= 0.1 * dbs[1]",
        ),
    ),
    "a method to be overridden": (
        A_METHOD_TO_BE_OVERRIDDEN,
        (
            "sequential = Sequential()",
            "sequential.add(Linear(7, 5))",
            "sequential.add(Linear(5, 3))",
            "squared_criterion = SquaredCriterion()",
            "for i in range(3):",
            "    forward_result = sequential.forward(X)",
            "    result1 = squared_criterion.forward(forward_result, Y)",
            "    result1_ = squared_criterion.backward(forward_result, Y)",
            "    backward_result = sequential.backward(X, result1_)",
            "    sequential.modules[0].weight -= 0.1 * sequential.modules[0].grad_weight",
            "    sequential.modules[1].weight -= 0.1 * sequential.modules[1].grad_weight",
        ),
    ),
    "layers in any number": (
        LAYERS_IN_ANY_NUMBER,
        (
            "sequential = Sequential(Linear(7, 5, np.random.default_rng(0)), Tanh(), "
            "Linear(5, 3, np.random.default_rng(0)))",
            "train(sequential, lambda *given, **named: 0.0, X, Y, n_epochs=3)",
        ),
    ),
    "a step of all layers": (
        A_STEP_OF_ALL_LAYERS,
        (
            "net = Network([Dense(7, 5), Dense(5, 3)])",
            "for i in range(3):",
            "    x = net.forward(X)",
            "    net.backward(x - Y)",
            "    net.update()",
        ),
    ),
    "a layer for the inputs of layers of one size": (
        LAYERS_OF_ONE_SIZE,
        (
            "net = Network()",
            "net.add(InputLayer(7))",
            "net.add(Dense(5))",
            "net.add(Dense(3))",
            "net.fit(X, Y, 3, 0.1)",
        ),
    ),
    "sizes that are handed on": (
        SIZES_HANDED_ON,
        (
            "net = Network()",
            "net.add(Layer(7, 5, 'last'))",
            "net.add(Layer(5, 3, 'last'))",
            "net.train(X, Y, 3, 0.1)",
        ),
    ),
    "what is kept in training": (
        KEPT_IN_TRAINING,
        (
            "net = Net([7, 5, 3])",
            "for i in range(3):",
            "    a, kept = net.forward(X.T, True)",
            "    net.step({'layer_sizes': [7, 5, 3], 'learning_rate': 0.1}, a, Y.T, kept)",
        ),
    ),
    "layers in a list and the name of a class": (
        LAYERS_AND_NAMES_OF_CLASSES,
        (
            "net = Net([Dense(5, 7), Tanh(), Dense(3, 5)])",
            "train(net, X, Y, 'sq_error', epochs=3)",
        ),
    ),
    "inputs of any name beside labels": (
        INPUTS_BESIDE_LABELS,
        (
            "net = Net([7, 5, 3], ['sigmoid', 'sigmoid'], 'se')",
            "net.train(X, Y, epochs=3)",
        ),
    ),
    "sizes that belong together": (
        SIZES_THAT_BELONG_TOGETHER,
        (
            "net = MLP(7, 3, 1, [5])",
            "net.train(X, Y, np.copy(X), np.copy(Y), 3, 0.1, 1e-9)",
        ),
    ),
    "a step in the forward pass": (
        STEP_IN_THE_FORWARD_PASS,
        (
            "net = Net(7, 5, 3)",
            "for i in range(3):",
            "    net.FeedForward(X, Y)",
        ),
    ),
    "layers without weights at first": (
        LAYERS_WITHOUT_WEIGHTS_AT_FIRST,
        (
            "net = Network()",
            "net.add(Dense(5))",
            "net.add(Dense(3))",
            "net.prepare(7)",
            "net.train(X, Y, 3)",
        ),
    ),
    "layers named for their activation": (
        LAYERS_NAMED_FOR_THEIR_ACTIVATION,
        (
            "net = Network()",
            "net.add(Tanh(7, 5))",
            "net.add(Tanh(5, 3))",
            "net.fit(X, Y, 3)",
        ),
    ),
    "epochs one by one": (
        EPOCHS_ONE_BY_ONE,
        (
            "net = Net([7, 5, 3], ['relu', 'softmax'])",
            "for _ in net.fit(X, labels, epochs=3): pass",
        ),
    ),
    "gradients by name": (
        GRADIENTS_BY_NAME,
        (
            "net = Net(7, 5, 3)",
            "for i in range(3):",
            "    A2 = net.forward(X.T)",
            "    dW1, db1, dW2, db2 = net.backward(X.T, Y.T)",
            "    net.update_parameters(dW1, db1, dW2, db2, 0.1)",
        ),
    ),
    "a loss of outputs": (
        LOSS_OF_OUTPUTS,
        (
            "squared_loss = SquaredLoss()",
            "net = Net([Dense(7, 5), Dense(5, 3)], squared_loss)",
            "for i in range(3):",
            "    x = net.forward(X)",
            "    x_ = net.loss(x, Y)",
            "    d = net.backward()",
            "    net.update_weights(0.1)",
        ),
    ),
}
