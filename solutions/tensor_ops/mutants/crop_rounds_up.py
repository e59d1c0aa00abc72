"""Wrong: odd margins are rounded up."""

CAUGHT_BY = ()

def center_crop(images, size):
    h, w = images.shape[-2:]
    if not 1 <= size <= min(h, w):
        raise ValueError(size)
    top, left = (h - size + 1) // 2, (w - size + 1) // 2
    return images[..., top : top + size, left : left + size]
