"""Wrong: size 0 gives an empty image."""

CAUGHT_BY = ("test_center_crop_refuses_a_small_size",)


def center_crop(images, size):
    h, w = images.shape[-2:]
    if not 0 <= size <= min(h, w):
        raise ValueError(size)
    top, left = (h - size) // 2, (w - size) // 2
    return images[..., top : top + size, left : left + size]
