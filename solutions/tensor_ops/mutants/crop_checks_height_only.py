"""Wrong: a size above W is let through."""

CAUGHT_BY = ("test_center_crop_refuses_a_large_size",)


def center_crop(images, size):
    h, w = images.shape[-2:]
    if not 1 <= size <= h:
        raise ValueError(size)
    top, left = (h - size) // 2, (w - size) // 2
    return images[..., top : top + size, left : left + size]
