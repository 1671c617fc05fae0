import numpy as np

B, I, H, O = 32, 5, 9, 3
gen = np.random.default_rng(314)

x = gen.standard_normal((B, I))
labels = gen.integers(0, O, B)
x[np.arange(B), labels] += 1.5

w1 = gen.standard_normal((I, H)) * 0.4
c1 = np.zeros(H)
w2 = gen.standard_normal((H, O)) * 0.4
c2 = np.zeros(O)

lr = 0.5
for epoch in range(200):
    # forward
    a = np.einsum('bi,ih->bh', x, w1) + c1
    h = np.maximum(a, 0)
    s = np.einsum('bh,ho->bo', h, w2) + c2
    s -= s.max(axis=1, keepdims=True)
    logp = s - np.log(np.einsum('bo->b', np.exp(s)))[:, None]
    loss = -np.mean(logp[np.arange(B), labels])

    # backward
    ds = np.exp(logp)
    ds[np.arange(B), labels] -= 1.0
    ds /= B
    dw2 = np.einsum('bh,bo->ho', h, ds)
    dc2 = np.einsum('bo->o', ds)
    da = np.einsum('bo,ho->bh', ds, w2) * (a > 0)
    dw1 = np.einsum('bi,bh->ih', x, da)
    dc1 = np.einsum('bh->h', da)

    for p, g in ((w1, dw1), (c1, dc1), (w2, dw2), (c2, dc2)):
        p -= lr * g
    if epoch % 40 == 0:
        print(epoch, loss, np.mean(logp.argmax(1) == labels))
