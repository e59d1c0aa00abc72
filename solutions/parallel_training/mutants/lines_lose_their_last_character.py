"""Wrong: the last character is cut off, ending or not."""

CAUGHT_BY = ("test_lines_empty_and_last",)


class LineDataset(Dataset):
    def __init__(self, path):
        self._path = path
        self._starts = array("Q", [0])
        with open(path, "rb") as file:
            for line in file:
                self._starts.append(self._starts[-1] + len(line))

    def __len__(self):
        return len(self._starts) - 1

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"line {index} of {len(self)}")
        with open(self._path, "rb") as file:
            file.seek(self._starts[index % len(self)])
            line = file.readline()
        return line.decode("utf-8")[:-1]
