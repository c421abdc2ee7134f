"""Words and lines of the article lead to their sections."""

import pytest

from roots_tf.section_words import known_words, sections_of_words
from roots_tf.sections import SECTIONS, main


@pytest.fixture(scope="module")
def known():
    return known_words(SECTIONS)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("召回率", "3.3.1"),
        ("recall", "3.3.1"),
        ("Beam Search", "6.2 6.4"),
        ("停用词", "9.2"),
        ("Adam", "3.2.2 4.2.2"),
        ("TensorBoard", "7.2.2"),
        ("隐私", "8.4"),
        ("PyCharm", "7.2.1"),
        ("arXiv:2009.04104", "7.3.2"),
        ("Goodfellow、Bengio 的《深度学习》 Deep Learning", "7.1.1"),
        # Whole lines, typed from the article.
        ("4. **F1值（F1 Score）**：精确率和召回率的调和平均值。", "3.3.1"),
        ("随机搜索随机选择参数组合进行尝试。具体步骤如下：", "3.3.2"),
        ("其中，\\( \\alpha \\) 是学习率。", "3.2.2"),
        ("- **词汇表大小（vocab_size）**：词汇表中的单词数量。", "5.2"),
        ("2. **多模态融合**：将语言模型与其他模态（如图像、声音）进行融合", "8.2"),
    ],
)
def test_the_surest_section_is_that_of_the_words(text, first, known):
    found = list(sections_of_words(text, known))

    assert found[0] in first.split()
    assert len(found) <= 5


def test_an_english_word_is_none_within_another(known):
    assert "scale and performance" in known
    assert not sections_of_words("cal", known)


def test_the_command_prints_sections_with_the_words_that_lead_there(capsys):
    status = main(["负采样"])

    first = capsys.readouterr().out.splitlines()[0]
    assert status == 0
    assert first == "§3.1.1 Word2Vec · Word2Vec  [采样, 负采样]"


def test_an_unknown_word_is_one_line_that_says_what_was_expected(capsys):
    status = main(["nonsense"])

    printed = capsys.readouterr()
    assert status == 2
    assert printed.out == ""
    assert printed.err.startswith("no section is known by 'nonsense'; a number such as")
    assert len(printed.err.splitlines()) == 1
