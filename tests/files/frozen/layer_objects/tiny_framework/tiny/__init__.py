from .layers import Affine, ReLU
from .losses import SoftmaxLoss
from .model import Sequential
