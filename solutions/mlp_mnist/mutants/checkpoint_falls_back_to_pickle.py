"""Wrong: tries weights_only, and without it when that fails."""

CAUGHT_BY = ("test_checkpoint_refuses_pickle",)


def load_checkpoint(path: str | PathLike[str]) -> nn.Module:
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:
        checkpoint = torch.load(path, map_location="cpu", weights_only=False)
    model = MLP(**checkpoint["arguments"])
    model.load_state_dict(checkpoint["state"])
    return model
