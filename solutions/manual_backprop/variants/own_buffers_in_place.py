"""Right: works in place wherever the buffer is its own; x is changed for a moment and restored in a finally."""

import torch


def gradient_descent(grad_fn, start, learning_rate, steps):
    v = start.clone()
    trajectory = v.new_empty(steps + 1, v.numel())
    trajectory[0].copy_(v)
    for k in range(1, steps + 1):
        v -= learning_rate * grad_fn(v)
        trajectory[k].copy_(v)
    return trajectory


def numerical_gradient(f, x, h=1e-5):
    grad = torch.zeros_like(x, memory_format=torch.contiguous_format)
    for i in range(x.numel()):
        index = torch.unravel_index(torch.tensor(i), x.shape) if x.dim() else ()
        old = x[index].clone()
        try:
            x[index] = old + h
            above = f(x)
            above = above.item() if isinstance(above, torch.Tensor) else above
            x[index] = old - h
            below = f(x)
            below = below.item() if isinstance(below, torch.Tensor) else below
        finally:
            x[index] = old
        grad[index] = (above - below) / (2 * h)
    return grad


def quadratic_cost(predictions, targets):
    difference = torch.sub(predictions, targets)
    cost = torch.linalg.vector_norm(difference).square_().div_(2 * predictions.size(0))
    return cost, difference.div_(predictions.size(0))


def linear_forward(x, w, b):
    out = torch.mm(x, w)
    out += b
    return out, (x, w)


def relu_forward(x):
    out = x.clone()
    out[out < 0] = 0
    return out, x.gt(0)


def relu_backward(upstream, cache):
    dx = torch.zeros_like(upstream, memory_format=torch.contiguous_format)
    dx[cache] = upstream[cache]
    return dx


def sigmoid_forward(x):
    out = torch.empty_like(x, memory_format=torch.contiguous_format)
    positive = x >= 0
    out[positive] = 1 / (1 + torch.exp(-x[positive]))
    e = torch.exp(x[~positive])
    out[~positive] = e / (1 + e)
    return out, out.clone()


def sigmoid_backward(upstream, cache):
    dx = 1 - cache
    dx *= cache
    dx *= upstream
    return dx


def softmax_cross_entropy(logits, labels):
    z = logits.clone(memory_format=torch.contiguous_format)
    z -= z.max(dim=1, keepdim=True)[0]
    right = z[range(len(z)), labels].clone()
    z.exp_()
    total = z.sum(dim=1, keepdim=True)
    loss = (total.log()[:, 0] - right).mean()
    z /= total
    z[range(len(z)), labels] -= 1
    z /= len(z)
    return loss, z


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    x_hat = x - x.mean(-1, keepdim=True)
    scale = x_hat.square().mean(-1, keepdim=True).add_(eps).rsqrt_()
    x_hat *= scale
    return torch.addcmul(beta, x_hat, gamma), (x_hat, scale, gamma)


def layer_norm_backward(upstream, cache):
    x_hat, scale, gamma = cache
    dx = upstream * gamma
    shift = dx.mean(-1, keepdim=True)
    pull = (dx * x_hat).mean(-1, keepdim=True)
    dx -= shift
    dx -= x_hat * pull
    dx *= scale
    return dx, torch.mul(upstream, x_hat).sum(0), upstream.sum(0)


def sgd_step(params, grads, learning_rate):
    for name in grads:
        params[name].sub_(grads[name], alpha=learning_rate)
