"""Wrong: the arguments are in a file beside it, which does not travel along."""

import json

import torch

CAUGHT_BY = ("test_checkpoint_keeps_dropout", "test_checkpoint_refuses_pickle", "test_checkpoint_round_trip")


def save_checkpoint(model, path):
    torch.save(model.state_dict(), path)
    with open(f"{path}.json", "w") as file:
        json.dump(model.arguments, file)


def load_checkpoint(path):
    with open(f"{path}.json") as file:
        model = MLP(**json.load(file))
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return model
