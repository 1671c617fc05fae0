from .losses import SoftmaxLoss


class Sequential:
    def __init__(self, layers, loss=None):
        self.layers = list(layers)
        self.loss = loss or SoftmaxLoss()

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def train_step(self, x, t, lr):
        cost = self.loss.forward(self.predict(x), t)
        dout = self.loss.backward()
        for layer in self.layers[::-1]:
            dout = layer.backward(dout)
        for layer in self.layers:
            for name in layer.params:
                value = getattr(layer, name)
                gradient = getattr(layer, "d" + name)
                setattr(layer, name, value - lr * gradient)
        return cost
