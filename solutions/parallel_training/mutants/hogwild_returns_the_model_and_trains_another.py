"""Wrong: a trained copy is returned."""

CAUGHT_BY = (
    "test_hogwild_of_one_process",
    "test_hogwild_processes_run_together",
    "test_hogwild_raises_what_a_process_raises",
    "test_hogwild_returns_when_all_are_done",
    "test_hogwild_shares_one_model",
    "test_hogwild_trains_on_every_shard",
    "test_hogwild_uses_the_loss_that_it_gets",
)

import copy


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model = copy.deepcopy(model).share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    mp.start_processes(_train_on_shard, args=arguments, nprocs=processes, start_method=START_METHOD)
    return model
