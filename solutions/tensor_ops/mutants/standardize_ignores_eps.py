"""Wrong: always 1e-5."""

CAUGHT_BY = ("test_standardize_with_eps_inside_the_root",)


def standardize(x, eps=1e-5):
    return (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()
