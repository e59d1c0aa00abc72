"""Wrong: is torch.nn.LSTMCell itself."""

CAUGHT_BY = ("test_lstm_cell_without_torch_rnn",)


class LSTMCell(nn.LSTMCell):
    pass
