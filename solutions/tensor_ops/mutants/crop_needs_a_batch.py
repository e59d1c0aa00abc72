"""Wrong: works for (N, H, W) only."""

CAUGHT_BY = (
    "test_center_crop_of_odd_margins_and_stacks",
    "test_center_crop_of_one_image",
    "test_center_crop_refuses_a_small_size",
)


def center_crop(images, size):
    n, h, w = images.shape
    if not 1 <= size <= min(h, w):
        raise ValueError(size)
    top, left = (h - size) // 2, (w - size) // 2
    return images[:, top : top + size, left : left + size]
