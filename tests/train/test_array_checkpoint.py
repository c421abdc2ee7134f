"""Checkpoints of arrays: whole, or refused."""

import numpy as np
import pytest

from roots_tf.train.array_checkpoint import load_arrays, save_arrays

ARRAYS = {"table": np.arange(6, dtype=np.float32).reshape(2, 3), "round": np.array(4)}


class InSlices:
    """An array that gives some of its rows at a time, and no more."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def __len__(self):
        return len(self.array)

    def __getitem__(self, rows):
        assert rows.stop - rows.start < 15_000
        return self.array[rows]


def test_a_table_is_written_some_rows_at_a_time(tmp_path):
    table = np.random.default_rng(0).normal(size=(25_001, 3)).astype(np.float32)

    save_arrays(tmp_path / "a.npz", {"table": InSlices(table)}, {})
    save_arrays(tmp_path / "b.npz", {"table": table}, {})

    found, _ = load_arrays(tmp_path / "a.npz")
    np.testing.assert_array_equal(found["table"], table)
    assert found["table"].dtype == np.float32
    assert (tmp_path / "a.npz").stat().st_size == (tmp_path / "b.npz").stat().st_size


def test_what_is_read_back_is_what_was_written(tmp_path):
    path = tmp_path / "checkpoint.npz"

    save_arrays(path, ARRAYS, {"losses": [0.1, 2.5], "text": "雨"})
    arrays, progress = load_arrays(path)

    assert arrays.keys() == ARRAYS.keys()
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], values)
        assert arrays[name].dtype == values.dtype
    assert progress == {"losses": [0.1, 2.5], "text": "雨"}


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path):
    path = tmp_path / "checkpoint.npz"
    save_arrays(path, ARRAYS, {"round": 1})

    class Broken(InSlices):
        def __getitem__(self, rows):
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        save_arrays(path, {"table": Broken(ARRAYS["table"])}, {"round": 2})

    assert load_arrays(path)[1] == {"round": 1}
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty", "other"])
def test_a_damaged_checkpoint_is_refused_in_one_line(tmp_path, damage):
    path = tmp_path / "checkpoint.npz"
    save_arrays(path, ARRAYS, {"round": 1})
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        data[data.index(ARRAYS["table"].tobytes()) + 5] ^= 1
    path.write_bytes(
        {"cut": data[:-40], "text": b"a text", "empty": b""}.get(damage, data)
    )
    if damage == "other":
        with open(path, "wb") as file:
            np.save(file, ARRAYS["table"])

    with pytest.raises(ValueError, match=r"checkpoint\.npz: expected a whole") as error:
        load_arrays(path)

    assert "\n" not in str(error.value)
