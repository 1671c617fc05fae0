import numpy as np
import matplotlib.pyplot as plt
from sklearn.datasets import make_circles
from sklearn.metrics import accuracy_score
from tqdm import tqdm

# Réseau de neurones profond, exemples en colonnes


def nouvelle_couche(entrees, sorties, hasard):
    return {'poids': hasard.randn(sorties, entrees) * 0.8, 'biais': np.zeros((sorties, 1))}


def activer(Z):
    return 1 / (1 + np.exp(-Z))


def avant(couches, X):
    """Toutes les activations, de l'entrée à la sortie."""
    activations = [X]
    for couche in couches:
        activations.append(activer(couche['poids'].dot(activations[-1]) + couche['biais']))
    return activations


def perte(sortie, y):
    petit = 1e-12
    return -np.mean(y * np.log(sortie + petit) + (1 - y) * np.log(1 - sortie + petit))


def arriere(couches, activations, y):
    m = y.shape[1]
    dZ = activations[-1] - y
    for c in reversed(range(len(couches))):
        A = activations[c]
        couches[c]['d_poids'] = 1 / m * np.dot(dZ, A.T)
        couches[c]['d_biais'] = 1 / m * np.sum(dZ, axis=1, keepdims=True)
        if c > 0:
            dZ = np.dot(couches[c]['poids'].T, dZ) * A * (1 - A)


def corriger(couches, taux):
    for c in range(len(couches)):
        couches[c]['poids'] = couches[c]['poids'] - taux * couches[c]['d_poids']
        couches[c]['biais'] = couches[c]['biais'] - taux * couches[c]['d_biais']


def entrainer(X, y, cachees, taux, n_iter):
    hasard = np.random.RandomState(1)
    tailles = [X.shape[0]] + list(cachees) + [y.shape[0]]
    couches = [nouvelle_couche(a, b, hasard) for a, b in zip(tailles[:-1], tailles[1:])]
    suivi = []
    for i in tqdm(range(n_iter)):
        activations = avant(couches, X)
        arriere(couches, activations, y)
        corriger(couches, taux)
        if i % 10 == 0:
            exactitude = accuracy_score(y.ravel(), activations[-1].ravel() > 0.5)
            suivi.append((perte(activations[-1], y), exactitude))
    return couches, suivi


X, y = make_circles(n_samples=100, noise=0.1, factor=0.3, random_state=0)
X, y = X.T, y.reshape(1, -1)
print('dimensions :', X.shape, y.shape)

couches, suivi = entrainer(X, y, cachees=(16, 8), taux=1.0, n_iter=2000)

fig, (gauche, droite) = plt.subplots(1, 2, figsize=(10, 4))
gauche.plot([s[0] for s in suivi])
droite.plot([s[1] for s in suivi])
plt.show()
