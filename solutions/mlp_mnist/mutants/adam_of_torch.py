"""Wrong: torch.optim.Adam under another name."""

import torch

CAUGHT_BY = ("test_adam_by_hand",)


class Adam(torch.optim.Adam):
    pass
