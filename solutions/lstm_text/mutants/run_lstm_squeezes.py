"""Wrong: a batch of one loses a dimension."""

CAUGHT_BY = ("test_run_lstm_small_batches",)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def run_lstm(cell: LSTMCell, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    hidden_size = cell.weight_hh.shape[1]
    h = c = x.new_zeros(x.shape[1], hidden_size)
    outputs = []
    for t, step in enumerate(x):
        valid = (t < lengths)[:, None]
        new_h, new_c = cell(step, (h, c))
        h, c = torch.where(valid, new_h, h), torch.where(valid, new_c, c)  # a sequence that has ended keeps its state
        outputs.append(torch.where(valid, h, torch.zeros_like(h)))
    return torch.stack(outputs).squeeze(1), h.squeeze(0)
