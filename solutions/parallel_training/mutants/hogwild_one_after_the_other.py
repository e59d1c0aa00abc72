"""Wrong: each process is joined before the next one starts."""

CAUGHT_BY = ("test_hogwild_processes_run_together",)


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    context = mp.get_context(START_METHOD)
    for rank in range(processes):
        worker = context.Process(target=_train_on_shard, args=(rank, *arguments))
        worker.start()
        worker.join()
        if worker.exitcode:
            raise RuntimeError("a process failed")
