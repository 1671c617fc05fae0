import numpy as np
import matplotlib.pyplot as plt


def sigmoide(x):
    return 1 / (1 + np.exp(-x))


def derivada_sigmoide(a):
    return a * (1 - a)


def derivada_tanh(a):
    return 1 - a ** 2


class RedNeuronal():
    """Capas ocultas con tangente hiperbólica, salida sigmoide, error cuadrático medio."""

    def __init__(self, topologia, tasa):
        self.tasa = tasa
        self.pesos = []
        self.sesgos = []
        for entradas, neuronas in zip(topologia, topologia[1:]):
            self.pesos.append(np.random.uniform(-1, 1, (entradas, neuronas)))
            self.sesgos.append(np.random.uniform(-1, 1, (1, neuronas)))

    def propagar(self, X):
        self.capas = [X]
        self.sumas = [None]
        for i in range(len(self.pesos)):
            suma = self.capas[i] @ self.pesos[i] + self.sesgos[i]
            self.sumas.append(suma)
            self.capas.append(sigmoide(suma) if i == len(self.pesos) - 1 else np.tanh(suma))
        return self.capas[-1]

    def error(self, Y):
        return np.mean((self.capas[-1] - Y) ** 2)

    def retropropagar(self, Y):
        salida = self.capas[-1]
        delta = 2 * (salida - Y) / Y.size * derivada_sigmoide(salida)
        for i in range(len(self.pesos) - 1, -1, -1):
            cambio_pesos = self.capas[i].T @ delta
            cambio_sesgos = delta.sum(axis=0, keepdims=True)
            # primero se calcula el delta de la capa anterior, después se cambian los pesos
            if i > 0:
                delta = delta @ self.pesos[i].T * derivada_tanh(self.capas[i])
            self.pesos[i] = self.pesos[i] - self.tasa * cambio_pesos
            self.sesgos[i] = self.sesgos[i] - self.tasa * cambio_sesgos


# dos anillos
np.random.seed(3)
n = 100
angulo = np.random.rand(n) * 2 * np.pi
radio = np.where(np.arange(n) < n // 2, 0.4, 1.0) + 0.05 * np.random.randn(n)
X = np.c_[radio * np.cos(angulo), radio * np.sin(angulo)]
Y = (np.arange(n) >= n // 2).astype(float).reshape(n, 1)

plt.scatter(X[:, 0], X[:, 1], c=Y[:, 0])
plt.axis("equal")
plt.show()

red = RedNeuronal([2, 6, 4, 1], tasa=0.9)
errores = []
for vuelta in range(600):
    red.propagar(X)
    errores.append(red.error(Y))
    red.retropropagar(Y)

plt.plot(errores)
plt.title("error cuadrático medio")
plt.show()
print("error:", errores[0], "->", errores[-1])
