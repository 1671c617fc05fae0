# -*- coding: utf-8 -*-
"""A recurrent net that guesses the next word of a toy grammar. One sentence at a time, plain SGD."""
import numpy as np

np.random.seed(10)

WORDS = "<s> the a dog cat bird sees chases likes </s>".split()
NUMBER = {w: i for i, w in enumerate(WORDS)}


def sentence():
    pick = lambda options: options[np.random.randint(len(options))]
    noun = lambda: [pick(["the", "a"]), pick(["dog", "cat", "bird"])]
    return ["<s>"] + noun() + [pick(["sees", "chases", "likes"])] + noun() + ["</s>"]


class SentenceModel:
    def __init__(self, n_words, n_state):
        spread = lambda rows, cols: np.random.uniform(-1, 1, (rows, cols)) / np.sqrt(cols)
        self.read = spread(n_state, n_words)
        self.keep = spread(n_state, n_state)
        self.say = spread(n_words, n_state)

    def listen(self, heard):
        """All states, the first is silence, and the probabilities of what comes next."""
        states, guesses = [np.zeros(self.keep.shape[0])], []
        for word in heard:
            states.append(np.tanh(self.read[:, word] + self.keep @ states[-1]))
            e = np.exp(self.say @ states[-1])
            guesses.append(e / e.sum())
        return states, guesses

    def surprise(self, heard, follows):
        _, guesses = self.listen(heard)
        return -sum(np.log(g[w]) for g, w in zip(guesses, follows))

    def gradients(self, heard, follows):
        states, guesses = self.listen(heard)
        d_read, d_keep, d_say = (np.zeros_like(m) for m in (self.read, self.keep, self.say))
        later = np.zeros(self.keep.shape[0])
        for t in reversed(range(len(heard))):
            wrong = guesses[t].copy()
            wrong[follows[t]] -= 1
            d_say += np.outer(wrong, states[t + 1])
            inside = (self.say.T @ wrong + later) * (1 - states[t + 1] ** 2)
            d_keep += np.outer(inside, states[t])
            d_read[:, heard[t]] += inside
            later = self.keep.T @ inside
        return d_read, d_keep, d_say

    def improve(self, heard, follows, rate):
        d_read, d_keep, d_say = self.gradients(heard, follows)
        self.read -= rate * d_read
        self.keep -= rate * d_keep
        self.say -= rate * d_say


corpus = [[NUMBER[w] for w in sentence()] for _ in range(40)]
model = SentenceModel(len(WORDS), 10)
rate, before = 0.05, None
for epoch in range(20):
    for s in corpus:
        model.improve(s[:-1], s[1:], rate)
    now = sum(model.surprise(s[:-1], s[1:]) for s in corpus) / sum(len(s) - 1 for s in corpus)
    if before is not None and now > before:
        rate /= 2          # got worse: smaller steps
    before = now
    if epoch % 5 == 4:
        print("epoch", epoch + 1, "nats per word", round(now, 4), "rate", rate)
