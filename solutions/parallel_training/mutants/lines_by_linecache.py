"""Wrong: linecache keeps the file, and knows no error."""

CAUGHT_BY = ("test_lines_of_a_large_file",)

import linecache


class LineDataset(Dataset):
    def __init__(self, path):
        self._path = str(path)
        with open(path, "rb") as file:
            self._count = sum(1 for _ in file)

    def __len__(self):
        return self._count

    def __getitem__(self, index):
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return linecache.getline(self._path, index % self._count + 1).removesuffix("\n")
