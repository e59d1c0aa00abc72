"""Wrong: the file holds tensors only, but whatever comes is unpickled."""

CAUGHT_BY = ("test_checkpoint_refuses_pickle",)


def load_checkpoint(path: str | PathLike[str]) -> nn.Module:
    checkpoint = torch.load(path, map_location="cpu", weights_only=False)
    model = MLP(**checkpoint["arguments"])
    model.load_state_dict(checkpoint["state"])
    return model
