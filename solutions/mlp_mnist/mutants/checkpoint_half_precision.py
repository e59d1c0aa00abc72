"""Wrong: saves in float16 to save space."""

CAUGHT_BY = (
    "test_checkpoint_files_are_separate",
    "test_checkpoint_keeps_dropout",
    "test_checkpoint_of_what_train_returns",
    "test_checkpoint_refuses_pickle",
    "test_checkpoint_round_trip",
)
CAUSES = ("small error",)


def save_checkpoint(model: nn.Module, path: str | PathLike[str]) -> None:
    torch.save({"arguments": model.arguments, "state": {k: v.half() for k, v in model.state_dict().items()}}, path)
