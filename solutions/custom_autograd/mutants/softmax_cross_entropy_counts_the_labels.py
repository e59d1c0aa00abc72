"""Wrong: takes the largest label for the last class."""

import torch
from torch import nn
from torch.autograd import Function

CAUGHT_BY = ("test_softmax_cross_entropy_batch_of_one", "test_softmax_cross_entropy_layouts")


class SoftmaxCrossEntropy(Function):
    @staticmethod
    def forward(ctx, logits, labels):
        ctx.save_for_backward(logits, labels)
        log_probs = logits.log_softmax(dim=1)
        return -log_probs.gather(1, labels[:, None]).mean()

    @staticmethod
    def backward(ctx, upstream):
        logits, labels = ctx.saved_tensors
        target = torch.nn.functional.one_hot(labels)
        return upstream * (logits.softmax(dim=1) - target) / logits.shape[0], None
