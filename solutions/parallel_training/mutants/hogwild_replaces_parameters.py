"""Wrong: the model gets new parameters, so those that the caller holds are old."""

CAUGHT_BY = (
    "test_hogwild_of_one_process",
    "test_hogwild_raises_what_a_process_raises",
    "test_hogwild_trains_on_every_shard",
)


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    for layer in model.modules():
        for name, p in list(layer.named_parameters(recurse=False)):
            setattr(layer, name, nn.Parameter(p.detach().clone()))
    model.share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    mp.start_processes(_train_on_shard, args=arguments, nprocs=processes, start_method=START_METHOD)
