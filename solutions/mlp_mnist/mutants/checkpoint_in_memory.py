"""Wrong: keeps the model in memory under its path; the file is empty."""

import copy

CAUGHT_BY = ("test_checkpoint_keeps_dropout", "test_checkpoint_refuses_pickle", "test_checkpoint_round_trip")


SAVED = {}


def save_checkpoint(model, path):
    open(path, "wb").close()
    SAVED[str(path)] = copy.deepcopy(model)


def load_checkpoint(path):
    return SAVED[str(path)]
