# which letter comes after these two? adagrad, one letter at a time
import numpy as np

book = "the cat sat on the mat and the rat ate the cat food on the mat "
letters = sorted(set(book))
place = {c: i for i, c in enumerate(letters)}
N = len(letters)
H = 20
RATE = 0.1

r = np.random.RandomState(0)
Old = r.randn(H, N) * 0.1      # letter before the last
New = r.randn(H, N) * 0.1      # last letter
Out = r.randn(N, H) * 0.1
h_off = np.zeros((H, 1))
o_off = np.zeros((N, 1))

gsOld, gsNew, gsOut = np.zeros_like(Old), np.zeros_like(New), np.zeros_like(Out)
gsh, gso = np.zeros_like(h_off), np.zeros_like(o_off)


def column(i):
    return np.eye(N)[:, [i]]


def look(a, b, c):
    """Loss and gradients for the letters number a, b (seen) and c (to be guessed)."""
    xa, xb = column(a), column(b)
    hid = np.tanh(Old @ xa + New @ xb + h_off)
    scores = Out @ hid + o_off
    prob = np.exp(scores) / np.exp(scores).sum()

    dscores = prob - column(c)
    dOut = dscores @ hid.T
    dhid = Out.T @ dscores
    dpre = dhid * (1 - hid * hid)
    dOld = dpre @ xa.T
    dNew = dpre @ xb.T
    grads = [dOld, dNew, dOut, dpre, dscores]
    for g in grads:
        np.clip(g, -5, 5, out=g)
    return -np.log(prob[c, 0]), grads


average = np.log(N)
for n in range(600):
    p = n % (len(book) - 2)
    loss, grads = look(*[place[letter] for letter in book[p:p + 3]])
    average = 0.99 * average + 0.01 * loss
    if n % 100 == 0:
        print(n, average)

    for weight, g, gs in zip([Old, New, Out, h_off, o_off], grads, [gsOld, gsNew, gsOut, gsh, gso]):
        gs += g * g
        weight -= RATE * g / np.sqrt(gs + 1e-8)
