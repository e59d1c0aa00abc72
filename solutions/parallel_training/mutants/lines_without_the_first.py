"""Wrong: the first line is taken for a header."""

CAUGHT_BY = (
    "test_lines_empty_and_last",
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
        self._starts = array("Q")
        with open(path, "rb") as file:
            file.readline()
            self._starts.append(file.tell())
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
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
