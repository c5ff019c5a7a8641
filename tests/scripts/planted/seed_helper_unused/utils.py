import os
import random

import numpy as np


def set_seed(seed=42):
    os.environ["PYTHONHASHSEED"] = str(seed)
    random.seed(seed)
    np.random.seed(seed)


def accuracy(p, y):
    return float(np.mean((p > 0.5) == y))
