"""Wrong: the column offset comes from H."""

CAUGHT_BY = (
    "test_center_crop_of_odd_margins_and_stacks",
    "test_center_crop_of_one_image",
)


def center_crop(images, size):
    h, w = images.shape[-2:]
    if not 1 <= size <= min(h, w):
        raise ValueError(size)
    top = (h - size) // 2
    return images[..., top : top + size, top : top + size]
