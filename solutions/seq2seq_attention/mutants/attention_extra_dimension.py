"""Wrong: returns (B, 1, T), as the tutorial does."""

CAUGHT_BY = (
    "test_attention_concat",
    "test_attention_dot",
    "test_attention_general",
    "test_attention_gradients",
    "test_attention_large_scores",
    "test_attention_padding_and_order",
    "test_attention_small_batches",
    "test_attention_unknown_method",
    "test_decoder_attends_by_its_method",
    "test_decoder_gradients",
    "test_decoder_reads_all_it_gets",
    "test_decoder_rows_are_independent",
    "test_decoder_small_batches",
    "test_decoder_uses_the_context",
    "test_reply_is_greedy",
    "test_reply_is_short_enough",
    "test_train_clips_gradients",
    "test_train_learns_a_phrase_book",
    "test_train_on_a_game",
    "test_train_reaches_the_bar",
    "test_train_same_seed",
    "test_train_teacher_forcing",
)
CAUSES = ("an extra dimension of size 1",)


class Attention(nn.Module):
    def __init__(self, method: str, hidden_size: int):
        super().__init__()
        if method not in ("dot", "general", "concat"):
            raise ValueError(f"method must be 'dot', 'general' or 'concat', not {method!r}")
        self.method = method
        if method == "general":
            self.W = nn.Linear(hidden_size, hidden_size, bias=False)
        elif method == "concat":
            self.W = nn.Linear(2 * hidden_size, hidden_size, bias=False)
            self.v = nn.Parameter(torch.empty(hidden_size).uniform_(-1, 1) / hidden_size**0.5)

    def forward(self, query: Tensor, keys: Tensor, lengths: Tensor) -> Tensor:
        if self.method == "dot":
            scores = (keys * query).sum(dim=-1)
        elif self.method == "general":
            scores = (self.W(keys) * query).sum(dim=-1)
        else:
            both = torch.cat([query.expand_as(keys), keys], dim=-1)
            scores = torch.tanh(self.W(both)) @ self.v
        padding = torch.arange(keys.shape[0], device=keys.device)[:, None] >= lengths
        return torch.softmax(scores.masked_fill(padding, float("-inf")).T, dim=1)[:, None]
