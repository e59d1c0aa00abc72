"""Wrong: detaches the logits in backward: the second derivative by them is lost."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_softmax_cross_entropy_second_derivative",)
CAUSES = ("zero",)


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
        return upstream * (logits.detach().softmax(dim=1) - target) / logits.shape[0], None
