"""Wrong: hands its parameters to a torch.nn.LSTMCell."""

CAUGHT_BY = ("test_lstm_cell_without_torch_rnn",)


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.inner = [nn.LSTMCell(input_size, hidden_size)]
        for name, parameter in self.inner[0].named_parameters():
            self.register_parameter(name, parameter)

    def forward(self, x, state):
        for name, parameter in self.named_parameters():
            setattr(self.inner[0], name, parameter)
        return self.inner[0](x, state)
