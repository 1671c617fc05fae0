"""HW2 -- 3-class classification. The bias is the last row of each weight matrix."""
import numpy as np

rs = np.random.RandomState(10)
centers = np.array([[0, 2], [2, -1], [-2, -1]])
t = rs.randint(0, 3, 90)
X = centers[t] + rs.randn(90, 2)
T = np.eye(3)[t]

ones = np.ones((X.shape[0], 1))
Xb = np.hstack((X, ones))

V = rs.randn(3, 5) * 0.3     # (2 + 1) x hidden
W = rs.randn(6, 3) * 0.3     # (5 + 1) x classes
eta = 0.02


def softmax(S):
    S = S - S.max(axis=1)[:, None]
    E = np.exp(S)
    return E / E.sum(axis=1)[:, None]


for it in range(301):
    H = np.tanh(Xb @ V)
    Hb = np.hstack((H, ones))
    P = softmax(Hb @ W)

    if it % 50 == 0:
        nll = -np.sum(T * np.log(P))
        print(it, 'nll', round(nll, 4), 'errors', (P.argmax(1) != t).sum())

    D = P - T
    gW = Hb.T @ D
    # no error goes back to the bias unit
    B = (D @ W.T)[:, :-1] * (1 - H ** 2)
    gV = Xb.T @ B

    W -= eta * gW
    V -= eta * gV
