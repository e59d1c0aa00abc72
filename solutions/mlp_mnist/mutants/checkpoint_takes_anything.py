"""Wrong: returns a fresh network where the file is no checkpoint."""

import torch

CAUGHT_BY = ("test_checkpoint_refuses_pickle",)


def load_checkpoint(path):
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:
        return MLP()
    model = MLP(**checkpoint["arguments"])
    model.load_state_dict(checkpoint["state"])
    return model
