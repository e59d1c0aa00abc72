"""Wrong: float32 becomes float64 on the way."""

import numpy as np

CAUGHT_BY = ("test_to_numpy_copy_keeps_values_and_dtype",)
CAUSES = ("wrong dtype",)


def to_numpy_copy(x):
    return np.array(x.tolist())
