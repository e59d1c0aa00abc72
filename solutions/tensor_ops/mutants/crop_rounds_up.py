"""Wrong: odd margins are rounded up."""

CAUGHT_BY = ("test_center_crop_of_odd_margins_and_stacks",)


def center_crop(images, size):
    h, w = images.shape[-2:]
    if not 1 <= size <= min(h, w):
        raise ValueError(size)
    top, left = (h - size + 1) // 2, (w - size + 1) // 2
    return images[..., top : top + size, left : left + size]
