import numpy as np

rng = np.random.default_rng(0)

# three blobs
centres = np.array([[0.0, 2.0], [-2.0, -1.0], [2.0, -1.0]])
labels = np.repeat(np.arange(3), 30)
points = centres[labels] + rng.normal(scale=0.8, size=(90, 2))
onehot = np.eye(3)[labels]

Wh = rng.normal(scale=0.7, size=(2, 6))
bh = np.zeros(6)
Wo = rng.normal(scale=0.7, size=(6, 3))
bo = np.zeros(3)


def elu(v):
    return np.where(v > 0, v, np.exp(np.minimum(v, 0)) - 1)


def elu_slope(v):
    return np.where(v > 0, 1.0, np.exp(np.minimum(v, 0)))


def log_softmax(v):
    v = v - v.max(axis=1, keepdims=True)
    return v - np.log(np.exp(v).sum(axis=1, keepdims=True))


step_size = 0.2
for i in range(301):
    pre = points @ Wh + bh
    hid = elu(pre)
    logits = hid @ Wo + bo
    logp = log_softmax(logits)
    nll = -(onehot * logp).sum() / len(points)

    dlogits = (np.exp(logp) - onehot) / len(points)
    dWo = hid.T @ dlogits
    dbo = dlogits.sum(axis=0)
    dhid = dlogits @ Wo.T
    dpre = dhid * elu_slope(pre)
    dWh = points.T @ dpre
    dbh = dpre.sum(axis=0)

    for value, slope in [(Wo, dWo), (bo, dbo), (Wh, dWh), (bh, dbh)]:
        value -= step_size * slope

    if i % 100 == 0:
        print(f"{i:4d}  nll {nll:.4f}")
