import numpy as np

# Hi, this is my network for AND/OR/XOR at once (three outputs). Everything converges to 0.5, can anybody
# see what I am missing?? (numpy 1.26, python 3.11)

X = np.array([[0,0,1,1],
              [0,1,0,1]])
Y = np.array([[0,0,0,1],
              [0,1,1,1],
              [0,1,1,0]])

np.random.seed(3)
w1 = np.random.randn(5,2)
b1 = np.random.randn(5,1)
w2 = np.random.randn(4,5)
b2 = np.random.randn(4,1)
w3 = np.random.randn(3,4)
b3 = np.random.randn(3,1)

def sig(x):
    return 1/(1+np.exp(-x))

def dsig(a):
    return a*(1-a)

def fwd(x):
    a1 = sig(w1@x+b1)
    a2 = sig(w2@a1+b2)
    a3 = sig(w3@a2+b3)
    return a1,a2,a3

lr = 0.5
for i in range(5000):
    a1,a2,a3 = fwd(X)

    d3 = (a3-Y)*dsig(a3)
    d2 = (w3.T@d3)*dsig(a2)
    d1 = (w2.T@d2)*dsig(a1)

    w3 = w3-lr*(d3@a2.T)
    b3 = b3-lr*np.sum(d3,axis=1,keepdims=True)
    w2 = w2-lr*(d2@a1.T)
    b2 = b2-lr*np.sum(d2,axis=1,keepdims=True)
    w1 = w1-lr*(d1@X.T)
    b1 = b1-lr*np.sum(d1,axis=1,keepdims=True)

print(np.round(fwd(X)[2],2))
