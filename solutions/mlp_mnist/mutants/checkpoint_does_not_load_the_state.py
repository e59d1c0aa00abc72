"""Wrong: makes a network and leaves it as it is."""

CAUGHT_BY = (
    "test_checkpoint_files_are_separate",
    "test_checkpoint_keeps_dropout",
    "test_checkpoint_of_what_train_returns",
    "test_checkpoint_refuses_pickle",
    "test_checkpoint_round_trip",
)


def load_checkpoint(path: str | PathLike[str]) -> nn.Module:
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    model = MLP(**checkpoint["arguments"])
    return model
