"""Wrong: there are no processes: shards are trained on in turn."""

CAUGHT_BY = ("test_hogwild_processes_run_together",)


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    for rank in range(processes):
        _train_on_shard(rank, *arguments)
