"""Wrong: samples come from the file in order, as from an iterable."""

CAUGHT_BY = (
    "test_lines_from_the_end_and_beyond",
    "test_lines_in_any_order",
    "test_lines_in_forked_workers",
    "test_lines_in_spawned_workers",
    "test_lines_keep_what_is_in_them",
    "test_lines_of_a_large_file",
    "test_lines_of_any_alphabet",
    "test_lines_without_their_endings",
)


class LineDataset(Dataset):
    def __init__(self, path):
        self._path = path
        with open(path, "rb") as file:
            self._count = sum(1 for _ in file)
        self._lines = iter(open(path, "rb"))

    def __len__(self):
        return self._count

    def __getitem__(self, index):
        return next(self._lines).removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
