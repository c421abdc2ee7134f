"""Segmentation of English, Chinese, mixed text and emoji."""

import random
import unicodedata

import pytest

from roots_tf.text.segmentation import is_han, segment

pytest.importorskip("tensorflow_text")


def characters(text: str) -> list[str]:
    return segment([text], han="characters")[0]


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("the cat sat.", "the cat sat ."),
        ("don't can’t rock'n'roll 'quoted'", "don't can’t rock'n'roll ' quoted '"),
        ("pi is 3.14, at 10:30 1,000 times", "pi is 3.14 , at 10:30 1,000 times"),
        ("word2vec GPT-4 snake_case", "word 2 vec GPT - 4 snake _ case"),
        ("I like深度学习very much", "I like 深 度 学 习 very much"),
        ("用BERT模型,准确率93.5%。", "用 BERT 模 型 , 准 确 率 93.5 % 。"),
        ("café cafe\u0301 naïve", "café cafe\u0301 naïve"),
        ("二〇二四年 人々", "二 〇 二 四 年 人 々"),
        ("한국어 हिन्दी русский", "한국어 हिन्दी русский"),
        ("«a…b»!?", "« a … b » ! ?"),
    ],
)
def test_a_text_is_cut_into_words_numbers_and_marks(text, tokens):
    assert characters(text) == tokens.split()


@pytest.mark.parametrize(
    "emoji",
    [
        ["😀", "😀"],
        ["👍🏿", "👋🏻"],
        ["👨‍👩‍👧‍👦", "👩🏽‍💻", "🏳️‍🌈", "❤️‍🔥", "🙂‍↔️"],
        ["🇨🇳", "🇺🇸", "🇫🇷"],
        ["🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"],
        ["1️⃣", "#️⃣", "◽️", "☎️"],
    ],
)
def test_an_emoji_is_one_token_however_many_code_points_it_has(emoji):
    assert characters("好" + "".join(emoji) + "ok") == ["好", *emoji, "ok"]


@pytest.mark.parametrize(
    "run", ["自然语言处理是人工智能的重要方向", "我来到北京清华大学", "这部电影不好看"]
)
def test_chinese_words_are_those_of_jieba(run):
    import jieba

    assert segment([run])[0] == jieba.lcut(run)
    assert segment([f"see {run}!"])[0] == ["see", *jieba.lcut(run), "!"]
    assert any(len(word) > 1 for word in segment([run])[0])


def test_the_tokens_joined_give_the_text_without_its_spaces():
    draw = random.Random(0)
    codes = [c for c in range(1, 0x30000) if not 0xD800 <= c < 0xE000]
    texts = ["".join(map(chr, draw.choices(codes, k=30))) for _ in range(1_000)]
    texts += [
        "".join(draw.choices("aé9., 学习'👍🏽\u200d🇨-\n\u3000", k=40)) for _ in texts
    ]

    for han in ("words", "characters"):
        for text, tokens in zip(texts, segment(texts, han), strict=True):
            spaces = "Zs Zl Zp Cc".split()
            kept = [c for c in text if unicodedata.category(c) not in spaces]
            assert "".join(tokens) == "".join(kept)
            assert "" not in tokens


def test_white_space_of_every_kind_separates_and_is_no_token():
    assert characters("a\u3000b\u00a0c\u0085d\x1ce\x00f\u2028g\th") == list("abcdefgh")


@pytest.mark.parametrize("text", ["", " ", "\u3000\n"])
def test_a_text_of_nothing_has_no_tokens(text):
    assert segment([text, "a", text]) == [[], ["a"], []]


def test_no_texts_give_no_lists():
    assert segment([]) == []


def test_many_texts_come_back_in_their_order():
    texts = [f"text {n} " + "x " * (n % 50) for n in range(1_000)]

    assert [tokens[1] for tokens in segment(texts)] == [str(n) for n in range(1_000)]


@pytest.mark.parametrize("unit, count", [("word ", 1), ("好 ok,", 3), ("🙂", 1)])
def test_a_text_of_a_million_characters_is_cut_whole(unit, count):
    text = unit * (1_000_000 // len(unit))

    assert len(segment([text])[0]) == count * (1_000_000 // len(unit))


def test_units_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="expected han .* got 'letters'"):
        segment(["学"], han="letters")


def test_is_han_agrees_with_the_unicode_names_of_ideographs():
    for code in range(0x2E80, 0x32000):
        name = unicodedata.name(chr(code), "")
        if name.startswith("CJK") and "IDEOGRAPH-" in name:
            assert is_han(chr(code)), name
        elif name and code not in (0x3005, 0x3007):
            assert not is_han(chr(code)), name
