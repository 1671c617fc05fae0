from .layers import Dense, LeakyReLU, Softmax
from .model import Model
from .optim import RMSpropMomentum
