import numpy as np


def xent_from_logits(logits, answers):
    """Cross-entropy of every row of logits [batch, classes]; answers are the class numbers."""
    picked = logits[np.arange(len(logits)), answers]
    return -picked + np.log(np.sum(np.exp(logits), axis=-1))


def xent_gradient(logits, answers):
    onehot = np.zeros_like(logits)
    onehot[np.arange(len(logits)), answers] = 1
    softmax = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return (-onehot + softmax) / logits.shape[0]


class ReLU:
    def forward(self, input):
        return np.maximum(0, input)

    def backward(self, input, grad_output):
        relu_grad = input > 0
        return grad_output * relu_grad


class Dense:
    def __init__(self, input_units, output_units, learning_rate=0.1):
        self.learning_rate = learning_rate
        self.weights = np.random.normal(scale=np.sqrt(2 / (input_units + output_units)),
                                        size=(input_units, output_units))
        self.biases = np.zeros(output_units)

    def forward(self, input):
        return input @ self.weights + self.biases

    def backward(self, input, grad_output):
        grad_input = grad_output @ self.weights.T
        grad_weights = input.T @ grad_output
        grad_biases = grad_output.sum(axis=0)
        self.weights = self.weights - self.learning_rate * grad_weights
        self.biases = self.biases - self.learning_rate * grad_biases
        return grad_input


def forward(network, X):
    """All activations, one per layer; the last are the logits."""
    activations = []
    input = X
    for layer in network:
        activations.append(layer.forward(input))
        input = activations[-1]
    return activations


def train(network, X, y):
    layer_activations = forward(network, X)
    layer_inputs = [X] + layer_activations
    logits = layer_activations[-1]
    loss = xent_from_logits(logits, y)
    loss_grad = xent_gradient(logits, y)
    for i in range(len(network))[::-1]:
        layer = network[i]
        loss_grad = layer.backward(layer_inputs[i], loss_grad)
    return np.mean(loss)


def iterate_minibatches(inputs, targets, batchsize, shuffle=False):
    indices = np.random.permutation(len(inputs)) if shuffle else np.arange(len(inputs))
    for start in range(0, len(inputs) - batchsize + 1, batchsize):
        part = indices[start:start + batchsize]
        yield inputs[part], targets[part]


if __name__ == "__main__":
    np.random.seed(42)
    X_train = np.random.randn(200, 6)
    y_train = np.abs(X_train[:, :4]).argmax(axis=1)
    network = [Dense(6, 12), ReLU(), Dense(12, 10), ReLU(), Dense(10, 4)]
    for epoch in range(25):
        for x_batch, y_batch in iterate_minibatches(X_train, y_train, batchsize=20, shuffle=True):
            train(network, x_batch, y_batch)
        train_accuracy = np.mean(forward(network, X_train)[-1].argmax(axis=-1) == y_train)
        print("Epoch", epoch, "Train accuracy:", train_accuracy)
