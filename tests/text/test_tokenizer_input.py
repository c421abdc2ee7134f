"""What goes into a tokenizer, checked."""

import sys

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.text.tokenizer_input import (
    checked_ids,
    import_tensorflow_text,
    string_tensor,
)


def test_texts_become_utf8_and_a_tensor_stays_as_it_is():
    tensor = string_tensor(["深", "", "a\x00b"])

    assert tensor.numpy().tolist() == ["深".encode(), b"", b"a\x00b"]
    assert string_tensor(tensor) is tensor
    assert string_tensor([]).shape == (0,)
    assert string_tensor(()).dtype == tf.string


def test_ids_become_python_integers():
    ids = checked_ids(np.array([0, 3], np.int32), vocab_size=4)

    assert ids == [0, 3]
    assert {type(id) for id in ids} == {int}


def test_without_tensorflow_text_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)

    with pytest.raises(ImportError, match="needs tensorflow-text .* requirements.txt"):
        import_tensorflow_text()
