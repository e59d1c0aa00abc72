"""Wrong: no ValueError at all."""

CAUGHT_BY = (
    "test_center_crop_refuses_a_large_size",
    "test_center_crop_refuses_a_small_size",
)


def center_crop(images, size):
    h, w = images.shape[-2:]
    top, left = (h - size) // 2, (w - size) // 2
    return images[..., top : top + size, left : left + size]
