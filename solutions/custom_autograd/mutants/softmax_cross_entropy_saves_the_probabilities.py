"""Wrong: saves what it computed on the way, which is a constant to autograd."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_softmax_cross_entropy_second_derivative",)
CAUSES = ("zero",)


class SoftmaxCrossEntropy(Function):
    @staticmethod
    def forward(ctx, logits, labels):
        ctx.save_for_backward(logits.softmax(dim=1), labels)
        log_probs = logits.log_softmax(dim=1)
        return -log_probs.gather(1, labels[:, None]).mean()

    @staticmethod
    def backward(ctx, upstream):
        probs, labels = ctx.saved_tensors
        target = torch.zeros_like(probs).scatter_(1, labels[:, None], 1.0)
        return upstream * (probs - target) / probs.shape[0], None
