#!/usr/bin/env python3
"""Previsão do preço de apartamentos com uma rede de uma camada oculta (trabalho final)."""
import numpy as np


class RedeNeural:
    def __init__(self, n_entradas, n_ocultos, semente=0):
        gerador = np.random.default_rng(semente)
        limite = np.sqrt(6 / (n_entradas + n_ocultos))  # Xavier
        self.pesos_oculta = gerador.uniform(-limite, limite, size=(n_entradas, n_ocultos))
        self.vies_oculta = np.zeros(n_ocultos)
        self.pesos_saida = gerador.uniform(-limite, limite, size=n_ocultos)
        self.vies_saida = 0.0
        self.historico = []

    def ativar(self, z):
        return np.where(z > 0, z, 0.1 * z)

    def derivada(self, z):
        return np.where(z > 0, 1.0, 0.1)

    def propagar(self, X):
        self.X = X
        self.z = X @ self.pesos_oculta + self.vies_oculta
        self.oculta = self.ativar(self.z)
        return self.oculta @ self.pesos_saida + self.vies_saida

    def retropropagar(self, previsto, preco):
        m = len(preco)
        erro = (previsto - preco) / m
        grad_pesos_saida = self.oculta.T @ erro
        grad_vies_saida = erro.sum()
        erro_oculta = np.outer(erro, self.pesos_saida) * self.derivada(self.z)
        grad_pesos_oculta = self.X.T @ erro_oculta
        grad_vies_oculta = erro_oculta.sum(axis=0)
        return grad_pesos_oculta, grad_vies_oculta, grad_pesos_saida, grad_vies_saida

    def treinar(self, X, preco, taxa=0.05, epocas=500):
        for epoca in range(epocas):
            previsto = self.propagar(X)
            self.historico.append(0.5 * np.mean((previsto - preco) ** 2))
            gpo, gvo, gps, gvs = self.retropropagar(previsto, preco)
            self.pesos_oculta -= taxa * gpo
            self.vies_oculta -= taxa * gvo
            self.pesos_saida -= taxa * gps
            self.vies_saida -= taxa * gvs
            if epoca % 100 == 0:
                print(f"época {epoca:4d}  custo {self.historico[-1]:.4f}")


def carregar():
    gerador = np.random.default_rng(7)
    area = gerador.uniform(30, 160, 80)
    quartos = gerador.integers(1, 5, 80)
    andar = gerador.integers(0, 20, 80)
    preco = 3.1 * area + 25 * quartos + 2 * andar + 0.01 * area ** 2 + gerador.normal(0, 10, 80)
    X = np.stack([area, quartos, andar], axis=1)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    preco = (preco - preco.mean()) / preco.std()
    return X, preco


if __name__ == "__main__":
    X, preco = carregar()
    rede = RedeNeural(3, 8)
    rede.treinar(X, preco)
