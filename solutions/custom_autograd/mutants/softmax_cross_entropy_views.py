"""Wrong: flattens the logits by view, which fails on what is not contiguous."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_softmax_cross_entropy_layouts",)


class SoftmaxCrossEntropy(Function):
    @staticmethod
    def forward(ctx, logits, labels):
        ctx.save_for_backward(logits, labels)
        places = torch.arange(len(labels), device=labels.device) * logits.shape[1] + labels
        return (logits.logsumexp(dim=1) - logits.view(-1)[places]).mean()

    @staticmethod
    def backward(ctx, upstream):
        logits, labels = ctx.saved_tensors
        target = torch.zeros_like(logits).scatter_(1, labels[:, None], 1.0)
        return upstream * (logits.softmax(dim=1) - target) / logits.shape[0], None
