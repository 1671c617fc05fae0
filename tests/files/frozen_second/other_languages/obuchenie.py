# Нейронная сеть 3-5-1, обучение с учителем до заданной ошибки
import numpy as np

np.random.seed(11)

# обучающая выборка: три датчика и ответ
vhod = np.array([[0.1, 0.9, 0.3], [0.8, 0.2, 0.5], [0.4, 0.4, 0.9], [0.7, 0.6, 0.1], [0.2, 0.3, 0.6]])
otvet = np.array([[0.8], [0.2], [0.6], [0.3], [0.7]])

vesa_1 = np.random.normal(0, 1, (3, 5))
vesa_2 = np.random.normal(0, 1, (5, 1))
smesh_1 = np.zeros(5)
smesh_2 = np.zeros(1)


def aktivacija(s):
    # гиперболический тангенс через экспоненты
    return (np.exp(s) - np.exp(-s)) / (np.exp(s) + np.exp(-s))


def proizvodnaja(s):
    return 4 / (np.exp(s) + np.exp(-s)) ** 2


def shag(skorost):
    global vesa_1, vesa_2, smesh_1, smesh_2
    # прямой проход
    s1 = vhod @ vesa_1 + smesh_1
    sloj = aktivacija(s1)
    s2 = sloj @ vesa_2 + smesh_2
    vyhod = aktivacija(s2)
    oshibka = vyhod - otvet

    # обратный проход
    d2 = 2 * oshibka * proizvodnaja(s2) / len(vhod)
    d1 = d2 @ vesa_2.T * proizvodnaja(s1)
    vesa_2 = vesa_2 - skorost * (sloj.T @ d2)
    smesh_2 = smesh_2 - skorost * np.sum(d2, 0)
    vesa_1 = vesa_1 - skorost * (vhod.T @ d1)
    smesh_1 = smesh_1 - skorost * np.sum(d1, 0)
    return np.mean(oshibka ** 2)


epoha = 0
e = 1.0
while e > 0.0005 and epoha < 5000:
    e = shag(0.5)
    epoha += 1
    if epoha % 100 == 0:
        print('эпоха', epoha, 'ошибка', e)
print('готово:', epoha, e)
