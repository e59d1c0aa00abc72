"""Wrong: takes exp of the logits as they are, in backward."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_softmax_cross_entropy_is_stable",)
CAUSES = ("NaN*",)


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
        return upstream * (logits.exp() / logits.exp().sum(dim=1, keepdim=True) - target) / logits.shape[0], None
