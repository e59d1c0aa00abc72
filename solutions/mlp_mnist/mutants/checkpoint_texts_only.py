"""Wrong: takes paths that are texts, not those of pathlib."""

import torch

CAUGHT_BY = ("test_checkpoint_of_what_train_returns",)


def save_checkpoint(model, path):
    with open("" + path, "wb") as file:
        torch.save({"arguments": model.arguments, "state": model.state_dict()}, file)
