"""Wrong: what a process raises is printed and forgotten."""

CAUGHT_BY = ("test_hogwild_raises_what_a_process_raises",)


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    context = mp.get_context(START_METHOD)
    workers = [context.Process(target=_train_on_shard, args=(rank, *arguments)) for rank in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
