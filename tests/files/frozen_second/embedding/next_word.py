"""Neural probabilistic language model, the small version: embeddings of three words -> tanh -> softmax."""
import numpy as np

CORPUS = """we are what we repeatedly do and what we do we are
what we are is what we do and we do what we are""".split()

vocab = sorted(set(CORPUS))
word_to_id = {w: i for i, w in enumerate(vocab)}
ids = np.array([word_to_id[w] for w in CORPUS])

CONTEXT = 3
EMB = 5
HIDDEN = 12
contexts = np.array([ids[i:i + CONTEXT] for i in range(len(ids) - CONTEXT)])
nexts = ids[CONTEXT:]

g = np.random.default_rng(2147483647 % 1000)
C = g.normal(size=(len(vocab), EMB)) * 0.5
W1 = g.normal(size=(CONTEXT * EMB, HIDDEN)) * 0.3
b1 = np.zeros(HIDDEN)
W2 = g.normal(size=(HIDDEN, len(vocab))) * 0.3
b2 = np.zeros(len(vocab))
parameters = [C, W1, b1, W2, b2]


def forward(contexts):
    emb = C[contexts].reshape(len(contexts), -1)
    h = np.tanh(emb @ W1 + b1)
    logits = h @ W2 + b2
    logits -= logits.max(1, keepdims=True)
    probs = np.exp(logits)
    probs /= probs.sum(1, keepdims=True)
    return emb, h, probs


def backward(contexts, nexts, emb, h, probs):
    n = len(nexts)
    dlogits = probs.copy()
    dlogits[range(n), nexts] -= 1
    dlogits /= n
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dh = dlogits @ W2.T
    dhpre = (1.0 - h ** 2) * dh
    dW1 = emb.T @ dhpre
    db1 = dhpre.sum(0)
    demb = (dhpre @ W1.T).reshape(n, CONTEXT, EMB)
    dC = np.zeros_like(C)
    np.add.at(dC, contexts, demb)     # a word may occur more than once
    return [dC, dW1, db1, dW2, db2]


lr = 0.5
for i in range(400):
    emb, h, probs = forward(contexts)
    loss = -np.log(probs[range(len(nexts)), nexts]).mean()
    for p, grad in zip(parameters, backward(contexts, nexts, emb, h, probs)):
        p += -lr * grad
    if i == 300:
        lr = 0.1
    if i % 50 == 0:
        print("after", i, "updates:", round(loss, 4))
