"""Wrong: hands the state back as (1, B, H), as torch.nn.RNN does."""

CAUGHT_BY = ("test_elman_hidden", "test_elman_small_batches")
CAUSES = ("an extra dimension of size 1",)


class ElmanRNN(nn.Module):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.ih = nn.Linear(input_size, hidden_size)
        self.hh = nn.Linear(hidden_size, hidden_size)

    def forward(self, x: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        outputs = []
        for step in x:
            hidden = torch.relu(self.ih(step) + self.hh(hidden))
            outputs.append(hidden)
        return torch.stack(outputs), hidden[None]
