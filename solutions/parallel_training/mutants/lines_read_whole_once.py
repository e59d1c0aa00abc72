"""Wrong: the file is read as a whole to find the lines."""

CAUGHT_BY = ("test_lines_of_a_large_file",)


class LineDataset(Dataset):
    def __init__(self, path):
        self._path = path
        with open(path, "rb") as file:
            pieces = file.read().split(b"\n")
        if not pieces[-1]:
            pieces.pop()
        self._starts = array("Q", [0])
        for piece in pieces:
            self._starts.append(self._starts[-1] + len(piece) + 1)

    def __len__(self):
        return len(self._starts) - 1

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"line {index} of {len(self)}")
        with open(self._path, "rb") as file:
            file.seek(self._starts[index % len(self)])
            line = file.readline()
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
