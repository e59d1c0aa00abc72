"""Wrong: a single process does the work of all."""

CAUGHT_BY = ("test_hogwild_processes_run_together",)


def _train_only(_, rank, *arguments):
    _train_on_shard(rank, *arguments)


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    for rank in range(processes):
        mp.start_processes(_train_only, args=(rank, *arguments), nprocs=1, start_method=START_METHOD)
