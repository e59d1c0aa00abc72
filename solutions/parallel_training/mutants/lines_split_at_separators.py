"""Wrong: lines end at all that Unicode calls a line boundary."""

CAUGHT_BY = ("test_lines_keep_what_is_in_them", "test_lines_of_a_large_file")


class LineDataset(Dataset):
    def __init__(self, path):
        self._path = path
        with open(path, "rb") as file:
            self._count = len(file.read().decode("utf-8").splitlines())

    def __len__(self):
        return self._count

    def __getitem__(self, index):
        with open(self._path, "rb") as file:
            return file.read().decode("utf-8").splitlines()[index]
