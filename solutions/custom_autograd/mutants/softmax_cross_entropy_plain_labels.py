"""Wrong: keeps the labels as an attribute of ctx, where no one notices that they are changed."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_softmax_cross_entropy_input_changed_afterwards",)


class SoftmaxCrossEntropy(Function):
    @staticmethod
    def forward(ctx, logits, labels):
        ctx.save_for_backward(logits)
        ctx.labels = labels
        log_probs = logits.log_softmax(dim=1)
        return -log_probs.gather(1, labels[:, None]).mean()

    @staticmethod
    def backward(ctx, upstream):
        (logits,) = ctx.saved_tensors
        labels = ctx.labels
        target = torch.zeros_like(logits).scatter_(1, labels[:, None], 1.0)
        return upstream * (logits.softmax(dim=1) - target) / logits.shape[0], None
