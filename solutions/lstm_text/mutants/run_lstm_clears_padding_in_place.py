"""Wrong: zeroes the padding of its argument."""

CAUGHT_BY = (
    "test_run_lstm_gradients",
    "test_run_lstm_last",
    "test_run_lstm_outputs",
    "test_run_lstm_padding_and_order",
    "test_run_lstm_small_batches",
)
CAUSES = ("argument changed in place",)


def run_lstm(cell: LSTMCell, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    for b, length in enumerate(lengths.tolist()):
        x[length:, b] = 0
    hidden_size = cell.weight_hh.shape[1]
    h = c = x.new_zeros(x.shape[1], hidden_size)
    outputs = []
    for t, step in enumerate(x):
        valid = (t < lengths)[:, None]
        new_h, new_c = cell(step, (h, c))
        h, c = torch.where(valid, new_h, h), torch.where(valid, new_c, c)  # a sequence that has ended keeps its state
        outputs.append(torch.where(valid, h, torch.zeros_like(h)))
    return torch.stack(outputs), h
