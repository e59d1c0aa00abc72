"""Wrong: saves the module by pickle and unpickles whatever comes."""

CAUGHT_BY = ("test_checkpoint_refuses_pickle",)


def save_checkpoint(model: nn.Module, path: str | PathLike[str]) -> None:
    torch.save(model, path)


def load_checkpoint(path: str | PathLike[str]) -> nn.Module:
    return torch.load(path, map_location="cpu", weights_only=False)
