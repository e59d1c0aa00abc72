"""Wrong: a batch of one loses a dimension."""

CAUGHT_BY = ("test_elman_small_batches",)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


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
        return torch.stack(outputs).squeeze(1), hidden
