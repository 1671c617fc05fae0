import numpy as np

# one row per student: hours of work, hours of sleep; the last student has not had the exam yet
everyone = np.array(([3, 8], [1, 6], [4, 5], [6, 9]), dtype=float)
y = np.array(([88], [71], [84]), dtype=float)

# to the range 0..1
everyone = everyone / np.amax(everyone, axis=0)
y = y / 100

X = everyone[:3]
unknown = everyone[3:]


class Neural_Network(object):
    def __init__(self):
        self.inputSize = 2
        self.outputSize = 1
        self.hiddenSize = 3
        np.random.seed(11)
        self.W1 = np.random.randn(self.inputSize, self.hiddenSize)   # 2x3
        self.W2 = np.random.randn(self.hiddenSize, self.outputSize)  # 3x1

    def forward(self, X):
        self.z = np.dot(X, self.W1)
        self.z2 = self.sigmoid(self.z)
        self.z3 = np.dot(self.z2, self.W2)
        o = self.sigmoid(self.z3)
        return o

    def sigmoid(self, s):
        return 1 / (1 + np.exp(-s))

    def sigmoidPrime(self, s):
        return s * (1 - s)

    def backward(self, X, y, o):
        self.o_error = y - o
        self.o_delta = self.o_error * self.sigmoidPrime(o)

        self.z2_error = self.o_delta.dot(self.W2.T)
        self.z2_delta = self.z2_error * self.sigmoidPrime(self.z2)

        self.W1 += X.T.dot(self.z2_delta)
        self.W2 += self.z2.T.dot(self.o_delta)

    def train(self, X, y):
        o = self.forward(X)
        self.backward(X, y, o)

    def save(self):
        np.savetxt("first.txt", self.W1, fmt="%s")
        np.savetxt("second.txt", self.W2, fmt="%s")

    def predict(self):
        print("scaled input: " + str(unknown))
        print("expected score: " + str(100 * self.forward(unknown)))


NN = Neural_Network()
for i in range(1000):
    if i % 100 == 0:
        print("round " + str(i))
        print("wanted: \n" + str(y))
        print("got: \n" + str(NN.forward(X)))
    NN.train(X, y)

NN.save()
NN.predict()
