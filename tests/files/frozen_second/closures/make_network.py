import numpy as np


def make_network(n_inputs, n_hidden, seed=None):
    """
    Returns (predict, train). The weights live in this function's scope.
    """
    rng = np.random.RandomState(seed)
    w_hidden = rng.uniform(-0.7, 0.7, (n_hidden, n_inputs))
    b_hidden = np.zeros((n_hidden, 1))
    w_out = rng.uniform(-0.7, 0.7, (1, n_hidden))
    b_out = np.zeros((1, 1))

    def squash(v):
        return 1 / (1 + np.exp(-v))

    def forward(samples):
        hidden = squash(np.matmul(w_hidden, samples) + b_hidden)
        return hidden, squash(np.matmul(w_out, hidden) + b_out)

    def predict(samples):
        return forward(samples)[1]

    def train(samples, labels, rate=1.0, rounds=100, verbose=False):
        nonlocal w_hidden, b_hidden, w_out, b_out
        count = samples.shape[1]

        def gradients():
            hidden, out = forward(samples)
            err_out = (out - labels) / count
            err_hidden = np.multiply(np.matmul(w_out.T, err_out), np.multiply(hidden, 1 - hidden))
            return (
                np.matmul(err_hidden, samples.T),
                np.sum(err_hidden, axis=1, keepdims=True),
                np.matmul(err_out, hidden.T),
                np.sum(err_out, axis=1, keepdims=True),
            )

        def cross_entropy():
            out = predict(samples)
            return -np.mean(labels * np.log(out) + (1 - labels) * np.log(1 - out))

        for r in range(rounds):
            gwh, gbh, gwo, gbo = gradients()
            w_hidden = w_hidden - rate * gwh
            b_hidden = b_hidden - rate * gbh
            w_out = w_out - rate * gwo
            b_out = b_out - rate * gbo
            if verbose and r % 50 == 0:
                print(r, cross_entropy())

    return predict, train


def main():
    rng = np.random.RandomState(0)
    samples = rng.randn(2, 80)
    labels = (np.hypot(*samples) < 1.1).astype(float).reshape(1, -1)
    predict, train = make_network(2, 7, seed=1)
    train(samples, labels, rate=2.0, rounds=400, verbose=True)
    print("accuracy", np.mean((predict(samples) > 0.5) == labels))


if __name__ == "__main__":
    main()
