"""Wrong: there is one process too few."""

CAUGHT_BY = (
    "test_hogwild_processes_run_together",
    "test_hogwild_raises_what_a_process_raises",
    "test_hogwild_trains_on_every_shard",
)


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    mp.start_processes(_train_on_shard, args=arguments, nprocs=max(1, processes - 1), start_method=START_METHOD)
