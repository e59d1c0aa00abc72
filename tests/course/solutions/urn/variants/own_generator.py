"""Right: another stream of numbers, a little lower."""


def train(seed):
    return random.Random(f"own {seed}").gauss(0.915, 0.005)
