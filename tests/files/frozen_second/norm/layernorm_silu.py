import numpy as np


def layer_norm(x, g, s, eps=1e-5):
    mu = x.mean(-1, keepdims=True)
    rstd = (x.var(-1, keepdims=True) + eps) ** -0.5
    norm = (x - mu) * rstd
    return norm * g + s, (norm, rstd, g)


def layer_norm_back(dy, cache):
    norm, rstd, g = cache
    dg = (dy * norm).sum(0)
    ds = dy.sum(0)
    dnorm = dy * g
    dx = dnorm - dnorm.mean(-1, keepdims=True) - norm * (dnorm * norm).mean(-1, keepdims=True)
    return dx * rstd, dg, ds


def silu(x):
    sig = 1 / (1 + np.exp(-x))
    return x * sig, (x, sig)


def silu_back(dy, cache):
    x, sig = cache
    return dy * (sig + x * sig * (1 - sig))


def init(d, h, seed=4):
    r = np.random.default_rng(seed)
    return {
        "wi": r.normal(0, d ** -0.5, (d, h)), "g": np.ones(h), "s": np.zeros(h),
        "wo": r.normal(0, h ** -0.5, (h, 1)), "bo": np.zeros(1),
    }


def forward_backward(p, x, t):
    u = x @ p["wi"]
    n, c_norm = layer_norm(u, p["g"], p["s"])
    a, c_silu = silu(n)
    out = a @ p["wo"] + p["bo"]
    # log cosh: a smooth absolute error
    diff = out - t
    cost = np.mean(np.log(np.cosh(diff)))

    d = {}
    dout = np.tanh(diff) / diff.size
    d["wo"] = a.T @ dout
    d["bo"] = dout.sum(0)
    dn = silu_back(dout @ p["wo"].T, c_silu)
    du, d["g"], d["s"] = layer_norm_back(dn, c_norm)
    d["wi"] = x.T @ du
    return cost, d


def fit(x, t, h=12, lr=0.3, steps=400, anneal=0.999):
    p = init(x.shape[1], h)
    history = []
    for _ in range(steps):
        cost, d = forward_backward(p, x, t)
        history.append(cost)
        p = {k: p[k] - lr * d[k] for k in p}
        lr *= anneal
    return p, history


if __name__ == "__main__":
    r = np.random.default_rng(9)
    x = r.normal(size=(100, 4))
    t = np.sin(x[:, :1]) * x[:, 1:2] + x[:, 2:3]
    _, history = fit(x, t)
    print("first", history[0], "last", history[-1])
