"""Wrong: the file holds no arguments; the network is made with the default ones."""

CAUGHT_BY = (
    "test_checkpoint_files_are_separate",
    "test_checkpoint_keeps_dropout",
    "test_checkpoint_refuses_pickle",
    "test_checkpoint_round_trip",
)


def load_checkpoint(path: str | PathLike[str]) -> nn.Module:
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    model = MLP()
    model.load_state_dict(checkpoint["state"])
    return model
