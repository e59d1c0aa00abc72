"""Wrong: takes the upstream to be 1."""

import torch
from torch.autograd import Function

CAUGHT_BY = (
    "test_softmax_cross_entropy_batch_of_one",
    "test_softmax_cross_entropy_calls_are_separate",
    "test_softmax_cross_entropy_gradient",
    "test_softmax_cross_entropy_has_no_gradient_for_labels",
    "test_softmax_cross_entropy_input_changed_afterwards",
    "test_softmax_cross_entropy_is_stable",
    "test_softmax_cross_entropy_layouts",
    "test_softmax_cross_entropy_second_derivative",
)
CAUSES = ("factor *", "upstream ignored")


class SoftmaxCrossEntropy(Function):
    @staticmethod
    def forward(ctx, logits, labels):
        ctx.save_for_backward(logits, labels)
        log_probs = logits.log_softmax(dim=1)
        return -log_probs.gather(1, labels[:, None]).mean()

    @staticmethod
    def backward(ctx, upstream):
        logits, labels = ctx.saved_tensors
        target = torch.zeros_like(logits).scatter_(1, labels[:, None], 1.0)
        return (logits.softmax(dim=1) - target) / logits.shape[0], None
