"""Drawing from an urn."""

import random


def train(seed):
    """A number near 0.92: what a training of a tiny network reaches."""
    # BEGIN SOLUTION
    return random.Random(seed).gauss(0.92, 0.004)
    # END SOLUTION
