"""Wrong: plain pickle."""

import pickle

CAUGHT_BY = ("test_checkpoint_refuses_pickle",)


def save_checkpoint(model, path):
    with open(path, "wb") as file:
        pickle.dump((model.arguments, model.state_dict()), file)


def load_checkpoint(path):
    with open(path, "rb") as file:
        arguments, state = pickle.load(file)
    model = MLP(**arguments)
    model.load_state_dict(state)
    return model
