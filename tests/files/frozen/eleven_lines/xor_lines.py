import numpy as np
inp = np.array([[0,0,1],[1,1,1],[1,0,1],[0,1,1]])
want = np.array([[0,0,1,1]]).T
np.random.seed(1)
W0 = 2*np.random.random((3,5)) - 1
W1 = 2*np.random.random((5,1)) - 1
for step in range(10000):
    hid = 1/(1+np.exp(-(inp.dot(W0))))
    out = 1/(1+np.exp(-(hid.dot(W1))))
    d_out = (want - out)*out*(1-out)
    d_hid = d_out.dot(W1.T)*(hid*(1-hid))
    W1 += hid.T.dot(d_out)
    W0 += inp.T.dot(d_hid)
