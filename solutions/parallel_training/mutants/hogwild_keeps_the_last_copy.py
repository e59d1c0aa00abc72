"""Wrong: copies are trained apart, and the last one wins."""

CAUGHT_BY = ("test_hogwild_trains_on_every_shard",)

import copy


def _train_copy(rank, model, loss_fn, shards, steps, learning_rate, results):
    model = copy.deepcopy(model)
    _train_on_shard(rank, model, loss_fn, shards, steps, learning_rate)
    with torch.no_grad():
        for result, p in zip(results[rank], model.parameters(), strict=True):
            result.copy_(p)


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    results = [[torch.zeros_like(p).detach().share_memory_() for p in model.parameters()] for _ in range(processes)]
    mp.start_processes(_train_copy, args=(*arguments, results), nprocs=processes, start_method=START_METHOD)
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(results[-1][i])
