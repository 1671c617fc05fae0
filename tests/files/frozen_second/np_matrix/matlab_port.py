"""Port of an Octave script (homework of week 5): np.matrix, so * is the matrix product."""
import numpy as np

np.random.seed(0)

m = 40
X = np.matrix(np.random.rand(2, m) * 4 - 2)
y = np.matrix((np.array(X[0, :]) ** 2 + np.array(X[1, :]) > 1) * 1.0)

s1, s2, s3 = 2, 6, 1
epsilon = 0.8
Theta1 = np.matrix(np.random.rand(s2, s1 + 1) * 2 * epsilon - epsilon)
Theta2 = np.matrix(np.random.rand(s3, s2 + 1) * 2 * epsilon - epsilon)

alpha = 1.5
J_history = []


def g(z):
    return 1 / (1 + np.exp(-z))


for k in range(1, 801):
    # feed forward
    a1 = np.vstack((np.ones((1, m)), X))
    z2 = Theta1 * a1
    a2 = np.vstack((np.ones((1, m)), g(z2)))
    z3 = Theta2 * a2
    h = g(z3)

    J = (-1 / m) * (y * np.log(h).T + (1 - y) * np.log(1 - h).T)
    J_history.append(float(J[0, 0]))

    # back propagation
    d3 = h - y
    d2 = np.multiply(Theta2[:, 1:].T * d3, np.multiply(g(z2), 1 - g(z2)))
    Theta1_grad = d2 * a1.T / m
    Theta2_grad = d3 * a2.T / m

    Theta1 = Theta1 - alpha * Theta1_grad
    Theta2 = Theta2 - alpha * Theta2_grad

    if k % 100 == 0:
        print('Iteration %4d | Cost: %f' % (k, J_history[-1]))

print('Training accuracy: %.1f' % (100 * np.mean(np.array(h > 0.5) == np.array(y))))
