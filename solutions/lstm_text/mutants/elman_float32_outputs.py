"""Wrong: outputs are collected in float32."""

CAUGHT_BY = ("test_elman_gradients", "test_elman_outputs", "test_elman_small_batches")
CAUSES = ("small error", "wrong dtype")


class ElmanRNN(nn.Module):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.ih = nn.Linear(input_size, hidden_size)
        self.hh = nn.Linear(hidden_size, hidden_size)

    def forward(self, x: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        outputs = torch.zeros(*x.shape[:2], hidden.shape[1], device=x.device)
        for t, step in enumerate(x):
            hidden = torch.relu(self.ih(step) + self.hh(hidden))
            outputs[t] = hidden
        return outputs, hidden
