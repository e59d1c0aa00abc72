"""Wrong: all lines are read into a list."""

CAUGHT_BY = ("test_lines_of_a_large_file",)


class LineDataset(Dataset):
    def __init__(self, path):
        with open(path, encoding="utf-8", newline="\n") as file:
            self._lines = [line.removesuffix("\n").removesuffix("\r") for line in file]

    def __len__(self):
        return len(self._lines)

    def __getitem__(self, index):
        return self._lines[index]
