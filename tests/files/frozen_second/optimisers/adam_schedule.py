"""Adam with a step schedule and L1 on the kernels. Config in a dict, state in a dict."""
import numpy as np

config = {"sizes": [6, 10, 1], "lr": 0.02, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "drop": 0.5, "every": 100, "l1": 2e-2}


def init(config):
    rng = np.random.default_rng(11)
    state = {"t": 0, "p": {}, "m": {}, "v": {}}
    for k, (i, o) in enumerate(zip(config["sizes"][:-1], config["sizes"][1:]), start=1):
        state["p"][f"W{k}"] = rng.normal(0, np.sqrt(2 / i), (i, o))
        state["p"][f"b{k}"] = np.zeros((1, o))
    for name, value in state["p"].items():
        state["m"][name] = np.zeros_like(value)
        state["v"][name] = np.zeros_like(value)
    return state


def predict(p, X):
    h = np.maximum(0, X @ p["W1"] + p["b1"])
    return h, h @ p["W2"] + p["b2"]


def objective(p, X, y, l1):
    _, out = predict(p, X)
    return np.mean((out - y) ** 2) + l1 * (np.abs(p["W1"]).sum() + np.abs(p["W2"]).sum())


def gradient(p, X, y, l1):
    h, out = predict(p, X)
    dout = 2 * (out - y) / y.size
    g = {"W2": h.T @ dout + l1 * np.sign(p["W2"]), "b2": dout.sum(axis=0, keepdims=True)}
    dh = dout @ p["W2"].T
    dh[h == 0] = 0
    g["W1"] = X.T @ dh + l1 * np.sign(p["W1"])
    g["b1"] = dh.sum(axis=0, keepdims=True)
    return g


def rate(config, t):
    return config["lr"] * config["drop"] ** (t // config["every"])


def adam(state, g, config):
    state["t"] += 1
    t = state["t"]
    for name in state["p"]:
        state["m"][name] = config["beta1"] * state["m"][name] + (1 - config["beta1"]) * g[name]
        state["v"][name] = config["beta2"] * state["v"][name] + (1 - config["beta2"]) * g[name] ** 2
        m_hat = state["m"][name] / (1 - config["beta1"] ** t)
        v_hat = state["v"][name] / (1 - config["beta2"] ** t)
        state["p"][name] = state["p"][name] - rate(config, t - 1) * m_hat / (np.sqrt(v_hat) + config["eps"])


def main():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 6))
    y = (X[:, :1] - 2 * X[:, 1:2]) * (X[:, 2:3] > 0)
    state = init(config)
    for it in range(300):
        g = gradient(state["p"], X, y, config["l1"])
        adam(state, g, config)
        if it % 50 == 0:
            print(it, rate(config, it), objective(state["p"], X, y, config["l1"]))


if __name__ == "__main__":
    main()
