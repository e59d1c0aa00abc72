"""Hidden tests of tensor_ops: edges, sharing, devices, bans and loops."""

import math

import numpy as np
import torch

from autograder import CheckFailure, assert_close, points, probe

NAN, INF = float("nan"), float("inf")


@probe
def work_at_two_sizes(student, name, small, large):
    """The result for the large arguments; lines of the submission and operators, for the small and the large ones."""
    import sys

    from torch.utils._python_dispatch import TorchDispatchMode

    counts = {"lines": 0, "operators": 0}

    class Operators(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            counts["operators"] += 1
            return func(*args, **(kwargs or {}))

    def trace(frame, event, arg):
        if frame.f_globals is not student.__dict__:
            return None
        counts["lines"] += event == "line"
        return trace

    function = getattr(student, name)
    function(*small)  # whatever happens only once has happened now
    work = []
    before = sys.gettrace()
    for args in (small, large):
        counts["lines"] = counts["operators"] = 0
        with Operators():
            sys.settrace(trace)
            try:
                result = function(*args)
            finally:
                sys.settrace(before)
        work.append((counts["lines"], counts["operators"]))
    return result, work[0], work[1]


def assert_no_loop(name, small, large):
    """The same number of lines and operators, whatever the size."""
    for what, one, other in zip(("lines of your file", "operators"), small, large, strict=True):
        if one != other:
            raise CheckFailure(
                f"{name} does more steps for a larger input",
                [f"{one} {what} ran for the small input, {other} for the large one"],
                cause="a Python loop",
                hint="replace the loop (or comprehension) by operations on whole tensors",
            )


def standardized(x, eps=1e-5):
    """Column by column with Python's own sums."""
    columns = []
    for column in x.double().T.tolist():
        mean = math.fsum(column) / len(column)
        var = math.fsum((v - mean) ** 2 for v in column) / len(column)
        columns.append([(v - mean) / math.sqrt(var + eps) for v in column])
    return torch.tensor(columns, dtype=torch.float64).T


def slow_logsumexp(values):
    """Of a list of numbers; -inf for a list of -inf."""
    largest = max(values)
    return largest if largest == -INF else largest + math.log(math.fsum(math.exp(v - largest) for v in values))


def slow_softmax(x):
    """Over the last dimension of a matrix."""
    rows = []
    for row in x.double().tolist():
        exps = [math.exp(v - max(row)) for v in row]
        rows.append([e / math.fsum(exps) for e in exps])
    return torch.tensor(rows, dtype=torch.float64)


def slow_masked_mean(x, lengths):
    """Sequence by sequence, step by step."""
    out = torch.zeros(x.shape[0], x.shape[2], dtype=torch.float64)
    for b, length in enumerate(lengths.tolist()):
        for d in range(x.shape[2]):
            if length:
                out[b, d] = math.fsum(float(x[b, t, d]) for t in range(length)) / length
    return out


@probe
def names_called(student, name, *args):
    """The result, and the names of all functions and operators of PyTorch that ran for it."""
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode

    names = set()

    class Functions(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            names.add(getattr(func, "__name__", ""))
            return func(*args, **(kwargs or {}))

    class Operators(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            names.add(func.overloadpacket.__name__)
            return func(*args, **(kwargs or {}))

    with Functions(), Operators():
        result = getattr(student, name)(*args)
    return result, sorted(names)


def assert_not_called(name, names, banned):
    """None of the functions that the handout puts off limits ran."""
    if used := sorted(set(names) & banned):
        raise CheckFailure(f"{name} calls a function that is off limits", [f"called {used[0]}"], cause="off limits")


@probe
def on_another_device(student, name, *args):
    """Run on the device "meta", which computes shapes and devices without values.

    Code that asks for a value there (an if, .item(), .numpy()) can't be judged so: "unknown".
    """
    from torch.overrides import TorchFunctionMode

    # On this device PyTorch lets these meet a tensor of the CPU; on a GPU it does not, unless that one is 0-d.
    elementwise = [
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
        "add",
        "sub",
        "mul",
        "div",
        "truediv",
        "logical_and",
        "and",
        "bitwise_and",
        "where",
        "masked_fill",
    ]

    class NoValues(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            if getattr(func, "__name__", "").strip("_") in elementwise:
                devices = {arg.device.type for arg in args if isinstance(arg, torch.Tensor) and arg.dim()}
                if len(devices) > 1:
                    raise RuntimeError("tensors on two devices")
            if args and isinstance(args[0], torch.Tensor) and args[0].is_meta:
                if func is torch.Tensor.__bool__:
                    return False
                if func is torch.Tensor.item:
                    return 0
            return func(*args, **(kwargs or {}))

    moved = [arg.to("meta") if isinstance(arg, torch.Tensor) else arg for arg in args]
    try:
        with NoValues():
            result = getattr(student, name)(*moved)
    except Exception as error:
        text = str(error)
        mixed = "same device" in text or "two devices" in text or "two different devices" in text
        return "mixed" if mixed else "unknown"
    return "same" if isinstance(result, torch.Tensor) and result.is_meta else "another"


def assert_follows_device(submission, name, *args):
    """The result lives where the arguments live."""
    verdict = submission.run(on_another_device, name, *args)
    if verdict not in ("same", "unknown"):
        what = "mixes tensors of two devices" if verdict == "mixed" else "returns a result on another device"
        hint = "a new tensor takes device=x.device (or use zeros_like, new_zeros)"
        raise CheckFailure(f"{name} {what}", ["the arguments were not on the CPU"], cause="wrong device", hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# Memory: what is shared, what is copied
# ---------------------------------------------------------------------------------------------------------------------


@probe
def share_column(student, grid, value):
    grid = grid.copy()
    tensor = student.from_numpy_shared(grid[:, 1])
    before = tensor.numpy().copy()
    tensor[2] = value
    after_tensor_write = grid.copy()
    grid[0, 1] = value
    return before, after_tensor_write, tensor.numpy().copy()


@points(2, question="from_numpy_shared")
def test_from_numpy_shared_both_ways(submission, draw):
    """A write to the tensor shows in the array, for other dtypes and for an array with gaps too."""
    for array in (draw.normal(4, 3, dtype=torch.float32).numpy(), draw.integers(4, 3, high=50).numpy()):
        before, grid, tensor = submission.run(share_column, array, 77)
        expected = array.copy()
        assert_close(before, array[:, 1], label="from_numpy_shared(array[:, 1])")
        expected[2, 1] = 77
        assert_close(grid, expected, label="the array after a write to the tensor")
        expected[0, 1] = 77
        assert_close(tensor, expected[:, 1].copy(), label="the tensor after a write to the array")


@probe
def copy_then_write_tensor(student, x):
    array = student.to_numpy_copy(x)
    x += 1
    return array


@points("1.5", question="to_numpy_copy")
def test_to_numpy_copy_does_not_see_writes_to_the_tensor(submission, draw):
    """A later write to the tensor does not show in the array."""
    for x in (draw.normal(3, 2), draw.normal(3, 2, contiguous=False)):
        array = submission.run(copy_then_write_tensor, x, changes=("x",))
        assert_close(array, x.numpy(), label="the array after a write to x", hint=".numpy() shares memory")


@probe
def copy_then_write_array(student, x):
    array = student.to_numpy_copy(x.requires_grad_())
    array[...] = 3
    return x, array


@points(1, question="to_numpy_copy")
def test_to_numpy_copy_can_be_written(submission, draw):
    """A later write to the array does not show in the tensor, here one that requires grad."""
    x = draw.normal(2, 3)
    after, array = submission.run(copy_then_write_array, x)
    assert_close(after, x, label="x after a write to the array")
    assert_close(array, np.full((2, 3), 3.0), label="the array after a write to it")


@probe
def write_both(student, x, value):
    out = student.add_batch_dim(x)
    shape = tuple(out.shape)
    out[..., 0] = value
    after_first = x.clone()
    x[..., -1] = value + 1
    return shape, after_first, out


@points("2.5", question="add_batch_dim")
def test_add_batch_dim_shares_memory(submission, draw):
    """A write to either shows in the other, also when x is not contiguous; a 0-d tensor gets shape (1,)."""
    for x in (draw.normal(3, 4), draw.normal(4, 2, 3).transpose(0, 2), draw.normal(6)[::2]):
        shape, after, out = submission.run(write_both, x, 5.0, changes=("x",))
        assert_close(shape, (1, *x.shape), label="the shape of add_batch_dim(x)")
        expected = x.clone()
        expected[..., 0] = 5.0
        assert_close(after, expected, label="x after a write to the result")
        expected[..., -1] = 6.0
        assert_close(out, expected[None], label="the result after a write to x")
    assert_close(submission.call("add_batch_dim", torch.tensor(2.5)), torch.tensor([2.5]))


@probe
def match_elsewhere(student, x, dtype):
    out = student.to_match(x, torch.empty(5, dtype=dtype, device="meta"))
    return tuple(out.shape), out.dtype, out.device.type


@points(2, question="to_match")
def test_to_match_takes_dtype_and_device(submission, draw):
    """The result is on the reference's device, with its dtype, also where only one of the two differs."""
    for x, dtype in ((draw.normal(3, 2), torch.float32), (draw.normal(3, 2), torch.float64)):
        shape, got, device = submission.run(match_elsewhere, x, dtype)
        assert_close((shape, got, device), ((3, 2), dtype, "meta"), label="shape, dtype and device of to_match(...)")
    x = draw.normal(2, 3, contiguous=False)
    assert_close(submission.call("to_match", x, draw.integers(4, high=3)), x.to(torch.int64))


# ---------------------------------------------------------------------------------------------------------------------
# Shapes and selection
# ---------------------------------------------------------------------------------------------------------------------


@probe
def write_flattened(student, x, value):
    flat = student.flatten_batch(x)
    flat[-1, -1] = value
    after = x.clone()
    x[0] = value + 1
    return after, flat


@points(2, question="flatten_batch")
def test_flatten_batch_shares_whenever_a_view_can(submission, draw):
    """Memory is shared for tensors that are not contiguous but can be viewed flat: every other row, a column."""
    for x in (draw.normal(6, 2, 3)[::2], draw.normal(4, 5, 3)[:, 1:3], draw.normal(5, 2)[:, 1], draw.normal(4, 3).T):
        after, flat = submission.run(write_flattened, x, 5.0, changes=("x",))
        expected = x.clone()
        expected[(-1,) * x.dim()] = 5.0
        assert_close(after, expected, label="x after a write to flatten_batch(x)", hint="contiguous() copies")
        expected[0] = 6.0
        rows = [row.flatten().tolist() for row in expected]
        assert_close(flat, torch.tensor(rows, dtype=x.dtype), label="the result after a write to x")


@points("1.5", question="flatten_batch")
def test_flatten_batch_of_edge_shapes(submission, draw):
    """(N,) gives (N, 1); a batch of one stays a batch; with no rows, or no entries in a row, the shape is right."""
    v = draw.normal(4, dtype=torch.float32)
    assert_close(submission.call("flatten_batch", v), torch.tensor([[value] for value in v.tolist()]))
    one = draw.normal(1, 2, 3)
    assert_close(submission.call("flatten_batch", one), torch.tensor([one.flatten().tolist()], dtype=one.dtype))
    for shape, flat in (((0, 3, 4), (0, 12)), ((0,), (0, 1)), ((3, 0, 2), (3, 0)), ((0, 5), (0, 5))):
        assert_close(submission.call("flatten_batch", torch.zeros(shape)), torch.zeros(flat), allow_empty=True)


def slow_crop(image, top, left, size):
    """Of one image, entry by entry."""
    rows = image.tolist()
    return torch.tensor([[rows[top + i][left + j] for j in range(size)] for i in range(size)], dtype=image.dtype)


@points(2, question="center_crop")
def test_center_crop_of_odd_margins_and_stacks(submission, draw):
    """Offsets are rounded down; any number of leading dimensions stay, an empty batch too."""
    image = draw.normal(7, 10, dtype=torch.float32)
    assert_close(submission.call("center_crop", image, 4), slow_crop(image, 1, 3, 4))
    assert_close(submission.call("center_crop", image, 7), slow_crop(image, 0, 1, 7))
    assert_close(submission.call("center_crop", image, 1), slow_crop(image, 3, 4, 1))
    images = draw.normal(2, 3, 6, 5, contiguous=False)
    expected = torch.stack([torch.stack([slow_crop(image, 1, 1, 3) for image in stack]) for stack in images])
    assert_close(submission.call("center_crop", images, 3), expected)
    assert_close(submission.call("center_crop", images[:1, 0], 3), expected[:1, 0])
    assert_close(submission.call("center_crop", torch.zeros(0, 3, 4, 4), 2), torch.zeros(0, 3, 2, 2), allow_empty=True)


@points(1, question="center_crop")
def test_center_crop_refuses_a_small_size(submission, draw):
    """A size of 0 or below is a ValueError."""
    image = draw.normal(5, 5)
    submission.raises(ValueError, "center_crop", image, 0, because="size 0 is below 1")
    submission.raises(ValueError, "center_crop", image, -2, because="size -2 is below 1")
    submission.call("center_crop", image, 1)  # the smallest size is allowed


@points("1.5", question="one_hot")
def test_one_hot_of_any_shape(submission, draw):
    """The new dimension comes last, for labels with no, two or three dimensions, and for none at all."""
    for shape in ((2, 3), (3, 3), (1, 2, 2), (1,)):
        labels = draw.integers(*shape, high=4)
        entries = [[float(k == label) for k in range(4)] for label in labels.flatten().tolist()]
        assert_close(submission.call("one_hot", labels, 4), torch.tensor(entries).reshape(*shape, 4))
    assert_close(submission.call("one_hot", torch.tensor(1), 3), torch.tensor([0.0, 1.0, 0.0]))
    empty = torch.zeros(0, dtype=torch.int64)
    assert_close(submission.call("one_hot", empty, 3), torch.zeros(0, 3), allow_empty=True)
    assert_close(submission.call("one_hot", empty.reshape(2, 0), 3), torch.zeros(2, 0, 3), allow_empty=True)


@points(1, question="one_hot")
def test_one_hot_refuses_a_negative_label(submission):
    """A label below 0 is a ValueError, also where other labels are large."""
    submission.raises(ValueError, "one_hot", torch.tensor([2, -1, 0]), 3, because="label -1 is below 0")
    submission.raises(ValueError, "one_hot", torch.tensor(-3), 3, because="label -3 is below 0")
    submission.call("one_hot", torch.tensor([2, 0, 0]), 3)  # the smallest label is allowed


@points("1.5", question="one_hot")
def test_one_hot_without_a_loop(submission, draw):
    """The same number of steps for few labels and for many; the result lives where the labels live."""
    labels = draw.labels(19, 6)
    out, *work = submission.run(work_at_two_sizes, "one_hot", (draw.labels(4, 3), 3), (labels, 6))
    assert_close(out, torch.eye(6)[labels])
    assert_no_loop("one_hot", *work)
    assert_follows_device(submission, "one_hot", labels, 6)


@points(2, question="sliding_windows")
def test_sliding_windows_over_the_last_dimension(submission, draw):
    """Leading dimensions stay; strides, gaps in memory and windows of full length work."""
    for x, size, stride in (
        (draw.normal(2, 7), 3, 2),
        (draw.normal(2, 3, 5, contiguous=False), 2, 1),
        (draw.normal(3, 4, dtype=torch.float32), 4, 1),
        (draw.normal(4, 8).T, 1, 3),
        (draw.normal(6), 2, 9),
    ):
        starts = range(0, x.shape[-1] - size + 1, stride)
        expected = torch.stack([x[..., start : start + size] for start in starts], dim=-2)
        assert_close(submission.call("sliding_windows", x, size, stride), expected)
    empty = torch.zeros(0, 5)
    assert_close(submission.call("sliding_windows", empty, 2), torch.zeros(0, 4, 2), allow_empty=True)


@probe
def write_strided(student, x, value):
    windows = student.sliding_windows(x, 2, stride=3)
    windows[1, 1, 0] = value
    after = x.clone()
    x[0] = value + 1
    return after, windows


@points("1.5", question="sliding_windows")
def test_sliding_windows_write_through(submission, draw):
    """A write to a window shows in x, and the other way round, also with a stride and gaps in memory."""
    for x in (draw.normal(2, 8), draw.normal(8, 2).T, draw.normal(2, 16)[:, ::2]):
        after, windows = submission.run(write_strided, x, 5.0, changes=("x",))
        expected = x.clone()
        expected[1, 3] = 5.0
        assert_close(after, expected, label="x after a write to a window")
        expected[0] = 6.0
        stacked = torch.stack([expected[:, k : k + 2] for k in (0, 3, 6)], dim=1)
        assert_close(windows, stacked, label="the windows after a write to x")


@points("1.5", question="sliding_windows")
def test_sliding_windows_refuse_small_numbers(submission, draw):
    """A size or a stride below 1 is a ValueError."""
    x = draw.normal(2, 6)
    submission.raises(ValueError, "sliding_windows", x, 0, because="size 0 is below 1")
    submission.raises(ValueError, "sliding_windows", x, -1, because="size -1 is below 1")
    submission.raises(ValueError, "sliding_windows", x, 2, 0, because="stride 0 is below 1")
    submission.raises(ValueError, "sliding_windows", x, 2, -1, because="stride -1 is below 1")
    submission.call("sliding_windows", x, 1, 1)  # the smallest numbers are allowed


# ---------------------------------------------------------------------------------------------------------------------
# Reductions and broadcasting
# ---------------------------------------------------------------------------------------------------------------------


@points(1, question="standardize")
def test_standardize_with_eps_inside_the_root(submission, draw):
    """Columns of tiny variance and a large eps show where eps stands."""
    x = draw.normal(6, 2) * torch.tensor([1e-3, 1.0])
    hint = "eps is added to the variance, before the root"
    assert_close(submission.call("standardize", x), standardized(x), hint=hint)
    assert_close(submission.call("standardize", x, eps=0.5), standardized(x, 0.5), hint=hint)


@points("1.5", question="standardize")
def test_standardize_constant_columns(submission, draw):
    """A batch of one and a constant column give zeros; no rows give no rows."""
    one = torch.tensor([[3.0, -2.0, 0.5]], dtype=torch.float64)
    assert_close(submission.call("standardize", one), torch.zeros(1, 3).double(), hint="N - 1 is 0 here")
    x = draw.normal(4, 2)
    x[:, 1] = 2.0
    assert_close(submission.call("standardize", x), standardized(x))
    assert_close(submission.call("standardize", one[:0]), one[:0], allow_empty=True)


@points(1, question="standardize")
def test_standardize_without_a_loop(submission, draw):
    """The same number of steps for any number of rows and columns, in float32."""
    x = draw.normal(17, 9, dtype=torch.float32)
    out, *work = submission.run(work_at_two_sizes, "standardize", (x[:3, :2].contiguous(),), (x,))
    assert_close(out, standardized(x).float(), atol=1e-5)
    assert_no_loop("standardize", *work)


@points("1.5", question="logsumexp")
def test_logsumexp_of_huge_entries(submission):
    """Entries as large as 1e30 in float64; -inf beside finite entries counts as nothing."""
    rows = [[1e30, 1e30, 1.0], [-1e30, -1e30, -2e30], [-INF, 2.0, -INF], [-INF, -INF, -INF]]
    x = torch.tensor(rows, dtype=torch.float64)
    expected = torch.tensor([1e30, -1e30, 2.0, -INF], dtype=torch.float64)
    assert_close(submission.call("logsumexp", x), expected)
    rows = torch.tensor([[800.0, 800.0, 799.0], [-800.0, -801.0, -INF]], dtype=torch.float64)
    slow = [slow_logsumexp(row) for row in rows.tolist()]
    assert_close(submission.call("logsumexp", rows.T, dim=0), torch.tensor(slow, dtype=torch.float64))


@points(1, question="logsumexp")
def test_logsumexp_along_any_dimension(submission, draw):
    """First, middle and negative dims, a dimension of size 1, an empty batch, a vector."""
    x = draw.normal(3, 3, 3, scale=2.0, contiguous=False)
    for dim in (0, 1, 2, -1, -2, -3):
        slices = x.movedim(dim, -1).reshape(-1, 3).tolist()
        expected = torch.tensor([slow_logsumexp(values) for values in slices], dtype=x.dtype).reshape(3, 3)
        assert_close(submission.call("logsumexp", x, dim=dim), expected)
    assert_close(submission.call("logsumexp", x[:1, :, :1], dim=1), torch.logsumexp(x[:1, :, :1], 1))
    assert_close(submission.call("logsumexp", x[:, :1], dim=1), x[:, 0])
    assert_close(submission.call("logsumexp", x[0, 0]), torch.logsumexp(x[0, 0], 0))
    assert_close(submission.call("logsumexp", torch.zeros(0, 4), dim=1), torch.zeros(0), allow_empty=True)


@points(1, question="logsumexp")
def test_logsumexp_by_your_own_means(submission, draw):
    """Neither torch.logsumexp nor a loop, in float32."""
    x = draw.normal(13, 8, dtype=torch.float32)
    expected = torch.tensor([slow_logsumexp(row) for row in x.tolist()])
    out, names = submission.run(names_called, "logsumexp", x, 1)
    assert_close(out, expected)
    assert_not_called("logsumexp", names, {"logsumexp", "_logsumexp", "special_logsumexp"})
    out, *work = submission.run(work_at_two_sizes, "logsumexp", (x[:4, :3].contiguous(), 1), (x, 1))
    assert_no_loop("logsumexp", *work)


@points(1, question="softmax")
def test_softmax_along_any_dimension(submission, draw):
    """First, middle and negative dims, a dimension of size 1, an empty batch."""
    x = draw.normal(3, 3, 3, scale=2.0, contiguous=False)
    for dim in (0, 1, -2, -1, -3):
        expected = slow_softmax(x.movedim(dim, -1).reshape(9, 3)).reshape(3, 3, 3).movedim(-1, dim)
        assert_close(submission.call("softmax", x, dim=dim), expected)
    y = draw.normal(2, 5)
    assert_close(submission.call("softmax", y, dim=0), slow_softmax(y.T).T)
    assert_close(submission.call("softmax", y[:, :1]), torch.ones(2, 1, dtype=y.dtype))
    assert_close(submission.call("softmax", torch.zeros(0, 4), dim=1), torch.zeros(0, 4), allow_empty=True)


@points(1, question="softmax")
def test_softmax_with_minus_infinity(submission):
    """-inf beside finite entries gets exactly 0; entries of 1e30 in float64 are fine."""
    x = torch.tensor([[-INF, 0.0, 0.0, -INF], [1.0, -INF, -INF, -INF], [5.0, 5.0, 5.0, 5.0]], dtype=torch.float64)
    expected = torch.tensor([[0, 0.5, 0.5, 0], [1, 0, 0, 0], [0.25] * 4], dtype=torch.float64)
    assert_close(submission.call("softmax", x), expected)
    huge = torch.tensor([[1e30, 1e30, 0.0], [-1e30, -1e30, -2e30]], dtype=torch.float64)
    assert_close(submission.call("softmax", huge), torch.tensor([[0.5, 0.5, 0.0]] * 2, dtype=torch.float64))


@points("1.5", question="softmax")
def test_softmax_by_your_own_means(submission, draw):
    """Neither torch.softmax nor one of its aliases nor a loop, in float32."""
    x = draw.normal(13, 8, dtype=torch.float32)
    out, names = submission.run(names_called, "softmax", x, 1)
    assert_close(out, slow_softmax(x).float())
    assert_not_called("softmax", names, {"softmax", "_softmax", "_safe_softmax", "special_softmax"})
    out, *work = submission.run(work_at_two_sizes, "softmax", (x[:4, :3].contiguous(), 1), (x, 1))
    assert_no_loop("softmax", *work)


def slow_distances(a, b):
    """Pair by pair."""
    pairs = [[math.fsum((u - v) ** 2 for u, v in zip(p, q, strict=True)) for q in b.tolist()] for p in a.tolist()]
    return torch.tensor(pairs, dtype=torch.float64)


@points("1.5", question="pairwise_sq_dists")
def test_pairwise_sq_dists_far_from_the_origin(submission, draw):
    """Near points at 1e6 keep their digits, and no distance is negative."""
    a = draw.normal(6, 3, scale=0.01, shift=1e6)
    b = draw.normal(4, 3, scale=0.01, shift=1e6)
    b[0] = a[0]
    expected = slow_distances(a, b)
    out = submission.call("pairwise_sq_dists", a, b)
    assert_close(out, expected, rtol=1e-6, hint="subtract first, then square")
    assert_close(bool((out >= 0).all()), True, label="whether all distances are at least 0")


@points(1, question="pairwise_sq_dists")
def test_pairwise_sq_dists_of_few_points(submission, draw):
    """One point against many, gaps in memory, one feature, no points at all."""
    a, b = draw.normal(1, 2), draw.normal(3, 2, contiguous=False)
    assert_close(submission.call("pairwise_sq_dists", a, b), slow_distances(a, b))
    assert_close(submission.call("pairwise_sq_dists", b, a), slow_distances(b, a))
    assert_close(submission.call("pairwise_sq_dists", a[:, :1], b[:, :1]), slow_distances(a[:, :1], b[:, :1]))
    for n, m in ((0, 3), (3, 0), (0, 0)):
        out = submission.call("pairwise_sq_dists", b[:n], b[:m])
        assert_close(out, torch.zeros(n, m, dtype=torch.float64), allow_empty=True)


@points("1.5", question="pairwise_sq_dists")
def test_pairwise_sq_dists_by_your_own_means(submission, draw):
    """Neither torch.cdist nor a loop, in float32."""
    a, b = draw.normal(11, 5, dtype=torch.float32), draw.normal(7, 5, dtype=torch.float32)
    out, names = submission.run(names_called, "pairwise_sq_dists", a, b)
    assert_close(out, slow_distances(a, b).float(), atol=1e-5)
    assert_not_called("pairwise_sq_dists", names, {"cdist", "_cdist_forward", "_euclidean_dist"})
    small = a[:3, :2].contiguous(), b[:4, :2].contiguous()
    out, *work = submission.run(work_at_two_sizes, "pairwise_sq_dists", small, (a, b))
    assert_no_loop("pairwise_sq_dists", *work)


@points("1.5", question="masked_mean")
def test_masked_mean_with_anything_in_the_padding(submission, draw):
    """Infinities of either sign and NaN past the length have no effect, past a length of 0 neither."""
    x, lengths = draw.normal(4, 5, 2), torch.tensor([3, 0, 5, 1])
    expected = slow_masked_mean(x, lengths)
    x[0, 3], x[0, 4], x[3, 1:], x[1] = INF, -INF, -INF, NAN
    assert_close(submission.call("masked_mean", x, lengths), expected)


@points(1, question="masked_mean")
def test_masked_mean_of_other_lengths(submission, draw):
    """Lengths in int32, all full, one sequence, one step, no sequence; all sizes equal."""
    x = draw.normal(3, 3, 3, contiguous=False)
    for lengths in (torch.tensor([1, 3, 2], dtype=torch.int32), torch.tensor([3, 3, 3])):
        assert_close(submission.call("masked_mean", x, lengths), slow_masked_mean(x, lengths))
    one = torch.tensor([1])
    assert_close(submission.call("masked_mean", x[:1], 2 * one), slow_masked_mean(x[:1], 2 * one))
    assert_close(submission.call("masked_mean", x[:1, :1], one), x[:1, 0])
    assert_close(submission.call("masked_mean", x[:0], one[:0]), x[:0, 0], allow_empty=True)


@points(2, question="masked_mean")
def test_masked_mean_without_a_loop(submission, draw):
    """The same number of steps for any size, in float32; the result lives where x lives."""
    x, lengths = draw.normal(11, 9, 4, dtype=torch.float32), draw.integers(11, low=1, high=10)
    short = draw.normal(2, 3, 2, dtype=torch.float32), torch.tensor([2, 3])
    out, *work = submission.run(work_at_two_sizes, "masked_mean", short, (x, lengths))
    assert_close(out, slow_masked_mean(x, lengths).float())
    assert_no_loop("masked_mean", *work)
    assert_follows_device(submission, "masked_mean", x, lengths)


@points(1, question="accumulate_rows")
def test_accumulate_rows_of_nothing(submission, draw):
    """No rows give zeros; all rows at one index give their sum; one row is a batch too."""
    none = torch.zeros(0, dtype=torch.int64)
    out = submission.call("accumulate_rows", 3, none, torch.zeros(0, 2, dtype=torch.float64))
    assert_close(out, torch.zeros(3, 2, dtype=torch.float64))
    rows = draw.normal(5, 3)
    out = submission.call("accumulate_rows", 1, torch.zeros(5, dtype=torch.int64), rows)
    assert_close(out, torch.tensor([[math.fsum(column) for column in rows.T.tolist()]], dtype=rows.dtype))
    last = torch.cat([torch.zeros(2, 3, dtype=rows.dtype), rows[:1]])
    assert_close(submission.call("accumulate_rows", 3, torch.tensor([2]), rows[:1]), last)


@points(2, question="accumulate_rows")
def test_accumulate_rows_without_a_loop(submission, draw):
    """The same number of steps for any size, in float32; the result lives where the rows live."""
    rows, index = draw.normal(15, 4, dtype=torch.float32), draw.labels(15, 6)
    expected = [[math.fsum(r[d] for r, i in zip(rows.tolist(), index.tolist(), strict=True) if i == k)
                 for d in range(4)] for k in range(9)]  # fmt: skip
    short = 4, torch.tensor([3, 1, 3]), draw.normal(3, 2, dtype=torch.float32)
    out, *work = submission.run(work_at_two_sizes, "accumulate_rows", short, (9, index, rows))
    assert_close(out, torch.tensor(expected))
    assert_no_loop("accumulate_rows", *work)
    assert_follows_device(submission, "accumulate_rows", 9, index, rows)


@probe
def scale_and_compare(student, x, scale):
    out = student.scale_rows_(x, scale)
    return out is x, out, x


@points(1, question="scale_rows")
def test_scale_rows_returns_the_same_object(submission, draw):
    """What is returned is x itself, also when x is not contiguous, has one row or none."""
    for x in (draw.normal(3, 4), draw.normal(4, 3).T, draw.normal(1, 2), draw.normal(0, 3)):
        scale = draw.normal(len(x))
        same, out, after = submission.run(scale_and_compare, x, scale, changes=("x",))
        expected = torch.cat([x[i : i + 1] * scale[i] for i in range(len(x))]) if len(x) else x
        assert_close(after, expected, label="x after scale_rows_(x, scale)", allow_empty=True)
        assert_close(out, expected, label="scale_rows_(x, scale)", allow_empty=True)
        assert_close(same, True, label="whether scale_rows_ returns the object it was given")


@points(1, question="scale_rows")
def test_scale_rows_without_a_loop(submission, draw):
    """The same number of steps for any number of rows and columns, in float32."""
    x, scale = draw.uniform(9, 5, low=1, high=2, dtype=torch.float32), draw.permutation(9).float()
    small, one = draw.normal(3, 2, dtype=torch.float32), torch.ones(3)
    changes = ("small", "large")
    out, *work = submission.run(work_at_two_sizes, "scale_rows_", (small, one), (x, scale), changes=changes)
    assert_close(out, torch.stack([x[i] * float(scale[i]) for i in range(9)]))
    assert_no_loop("scale_rows_", *work)


@points(2, question="count_correct")
def test_count_correct_of_few_rows(submission, draw):
    """No row counts 0, one row 0 or 1, always as a Python int; gaps in memory are fine."""
    logits = draw.normal(6, 4, dtype=torch.float32, contiguous=False)
    best = [row.index(max(row)) for row in logits.tolist()]
    assert_close(submission.call("count_correct", logits[:0], torch.tensor(best[:0], dtype=torch.int64)), 0)
    assert_close(submission.call("count_correct", logits[:1], torch.tensor(best[:1])), 1)
    assert_close(submission.call("count_correct", logits[:1], torch.tensor(best[:1]) - 1), 0)
    assert_close(submission.call("count_correct", logits, torch.tensor(best)), 6)
