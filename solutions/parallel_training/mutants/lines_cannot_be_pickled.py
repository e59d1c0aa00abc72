"""Wrong: each process opens the file, and the file it has open is pickled along."""

CAUGHT_BY = ("test_lines_in_spawned_workers",)


class LineDataset(Dataset):
    def __init__(self, path):
        self._path = path
        self._starts = array("Q", [0])
        with open(path, "rb") as file:
            for line in file:
                self._starts.append(self._starts[-1] + len(line))
        self._file, self._owner = None, None

    def __len__(self):
        return len(self._starts) - 1

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"line {index} of {len(self)}")
        if self._owner != os.getpid():
            self._file, self._owner = open(self._path, "rb"), os.getpid()
        self._file.seek(self._starts[index % len(self)])
        line = self._file.readline()
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
