"""Wrong: empty lines are left out."""

CAUGHT_BY = ("test_lines_empty_and_last",)


class LineDataset(Dataset):
    def __init__(self, path):
        self._path = path
        self._starts = []
        position = 0
        with open(path, "rb") as file:
            for line in file:
                if line.strip(b"\r\n"):
                    self._starts.append(position)
                position += len(line)

    def __len__(self):
        return len(self._starts)

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"line {index} of {len(self)}")
        with open(self._path, "rb") as file:
            file.seek(self._starts[index % len(self)])
            line = file.readline()
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
