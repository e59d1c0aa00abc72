"""Wrong: copies are trained apart and their changes added up."""

CAUGHT_BY = (
    "test_hogwild_processes_run_together",
    "test_hogwild_returns_when_all_are_done",
    "test_hogwild_shares_one_model",
)

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
            p.copy_(p + sum(result[i] - p for result in results))
