"""Wrong: there is one process too many."""

CAUGHT_BY = (
    "test_hogwild_of_one_process",
    "test_hogwild_processes_run_together",
    "test_hogwild_uses_the_loss_that_it_gets",
)


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.share_memory()
    arguments = (model, loss_fn, [*shards, shards[0]], steps, learning_rate)
    mp.start_processes(_train_on_shard, args=arguments, nprocs=processes + 1, start_method=START_METHOD)
