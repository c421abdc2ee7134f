"""BLEU and chrF beside sacrebleu's published examples and its command."""

import json
import re
import subprocess
import sys

import pytest

from roots_tf.evaluation.translation_metrics import (
    translation_differences,
    translation_scores,
    translation_signature,
)

# sacrebleu 2's README, "Using SacreBLEU from Python".
HYPOTHESES = [
    "The dog bit the man.",
    "It wasn't surprising.",
    "The man had just bitten him.",
]
REFERENCES = [
    ["The dog bit the man.", "The dog had bit the man."],
    ["It was not unexpected.", "No one was surprised."],
    ["The man bit him first.", "The man had bitten the dog."],
]


def test_two_references_give_the_published_scores():
    scores = translation_scores(HYPOTHESES, REFERENCES, "en")

    assert scores == pytest.approx({"bleu": 48.53, "chrf": 59.73}, abs=0.005)


def test_a_sentence_with_one_reference_fewer_gives_the_published_score():
    fewer = [REFERENCES[0][1:], *REFERENCES[1:]]

    scores = translation_scores(HYPOTHESES, fewer, "en")

    # As published, but for the order of the references, which does not count.
    assert scores["bleu"] == pytest.approx(29.44, abs=0.005)


@pytest.mark.parametrize("language, tokenize", [("zh", "zh"), ("en", "13a")])
def test_chinese_is_cut_into_characters_as_the_command_does(
    tmp_path, language, tokenize
):
    texts = ["我昨天在北京见到了他。", "他有 3 只 cats！", "天气很好"]
    right = ["我昨天在北京看见他了。", "他有3只猫！", "今天天气很好"]
    (tmp_path / "texts").write_text("\n".join(texts) + "\n", encoding="utf-8")
    (tmp_path / "right").write_text("\n".join(right) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "sacrebleu", "right", "-i", "texts", "-w", "6"]
    command += ["-m", "bleu", "chrf", "-tok", tokenize]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    expected = {row["name"]: row["score"] for row in json.loads(said)}

    scores = translation_scores(texts, [[one] for one in right], language)

    assert scores["bleu"] == pytest.approx(expected["BLEU"], abs=1e-5)
    assert scores["chrf"] == pytest.approx(expected["chrF2"], abs=1e-5)


def test_the_signature_states_the_tokenisation_and_the_version():
    import sacrebleu

    zh, en = map(translation_signature, ("zh", "en"))

    assert "tok:zh" in zh and "tok:13a" in en
    assert "nc:6|nw:0" in zh  # characters up to 6, no words
    assert zh.endswith(f"version:{sacrebleu.__version__}")


@pytest.mark.parametrize(
    "hypotheses, references",
    [([], []), (["a"], []), (["a", "b"], [["a"]]), (["a"], [[]])],
)
def test_nothing_to_compare_is_refused(hypotheses, references):
    with pytest.raises(ValueError, match="expected"):
        translation_scores(hypotheses, references, "en")


def test_two_systems_differ_as_sacrebleu_s_command_says(tmp_path):
    right = ["a b c d e f", "x y z w v u", "h i j k l m n", "o p q r s"]
    better = ["a b c d e g", "x y z w v u", "h i j k l m n", "o p q s r"]
    worse = ["a b d e g c", "x z y w v u", "h i j k l m", "o p q r s"]
    for name, lines in (("right", right), ("better", better), ("worse", worse)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "sacrebleu", "right", "-i", "worse", "better"]
    command += ["-m", "bleu", "chrf", "--paired-bs", "-w", "6", "-f", "latex"]
    said = subprocess.run(
        command, cwd=tmp_path, capture_output=True, check=True, text=True
    ).stdout
    # Score, and behind its interval the p-value: of the first system, then the second.
    pattern = r"(\d+\.\d+) \([^()]*±[^()]*\)(?: \(p = ([\d.]+)\))?"
    found = re.findall(pattern, said)
    (bleu, _), (chrf, _), (better_bleu, bleu_p), (better_chrf, chrf_p) = found

    differences = translation_differences(better, worse, [[one] for one in right], "en")

    for name, first, second, p_value in (
        ("bleu", bleu, better_bleu, bleu_p),
        ("chrf", chrf, better_chrf, chrf_p),
    ):
        expected = float(second) - float(first), float(p_value)
        assert differences[name] == pytest.approx(expected, abs=1e-4)  # four places


def test_equal_translations_do_not_differ():
    found = translation_differences(HYPOTHESES, HYPOTHESES, REFERENCES, "en")

    assert found == {"bleu": (0.0, 1.0), "chrf": (0.0, 1.0)}


def test_systems_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="expected 3 translations of both .* got 2"):
        translation_differences(HYPOTHESES, HYPOTHESES[:2], REFERENCES, "en")
