"""Wrong: the whole file is kept as bytes."""

CAUGHT_BY = ("test_lines_of_a_large_file",)


class LineDataset(Dataset):
    def __init__(self, path):
        self._path = path
        self._starts = array("Q", [0])
        with open(path, "rb") as file:
            for line in file:
                self._starts.append(self._starts[-1] + len(line))
        with open(path, "rb") as file:
            self._bytes = file.read()

    def __len__(self):
        return len(self._starts) - 1

    def __getitem__(self, index):
        index = range(len(self))[index]
        line = self._bytes[self._starts[index] : self._starts[index + 1]]
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
