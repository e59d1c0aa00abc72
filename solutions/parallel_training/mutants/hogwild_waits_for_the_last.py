"""Wrong: it waits for the last process only."""

CAUGHT_BY = ("test_hogwild_raises_what_a_process_raises", "test_hogwild_returns_when_all_are_done")
CAUSES = ("a process still runs",)


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    context = mp.get_context(START_METHOD)
    workers = [context.Process(target=_train_on_shard, args=(rank, *arguments)) for rank in range(processes)]
    for worker in workers:
        worker.start()
    workers[-1].join()
    if workers[-1].exitcode:
        raise RuntimeError
