"""Normalisation beside unicodedata and tensorflow-text (ICU)."""

import random
import sys
import unicodedata

import pytest

from roots_tf.text.normalization import decode_utf8, normalize

TEXTS = [
    "Ｄｅｅｐ　Ｌｅａｒｎｉｎｇ，１２３％（ＢＥＲＴ）！",
    "自然语言处理：从ＧＰＴ到ＢＥＲＴ。",
    "ﾊﾝｶｸｶﾀｶﾅ ｡｢｣､･ ﾡﾢ",
    "Straße ΣΊΣΥΦΟΣ İstanbul ǅ ﬁnance ﬀ",
    "cafe\u0301 n\u0303 A\u030a ệ \u1e9b\u0323",
    "Ⅷ ① ㎏ ㈱ ½ x² ™ … ℃ Å",
    "한국어 \u1112\u1161\u11ab ไทย हिन्दी עברית",
    "Don’t “quote” — ever – or…",
    "𝐁𝐨𝐥𝐝 𝕏 🄰 𠮷野家 〇々",
]


@pytest.mark.parametrize("text", TEXTS)
def test_normalize_equals_tensorflow_texts_nfkc_and_case_folding(text):
    tensorflow_text = pytest.importorskip("tensorflow_text")
    expected = tensorflow_text.normalize_utf8([text], "NFKC")
    expected = tensorflow_text.case_fold_utf8(expected).numpy()[0].decode()

    assert normalize(text) == " ".join(expected.split())


@pytest.mark.parametrize("text", TEXTS)
def test_without_folding_it_is_nfkc_with_single_spaces(text):
    expected = " ".join(unicodedata.normalize("NFKC", text).split())

    assert normalize(text, fold_case=False) == expected


def test_every_assigned_letter_and_sign_is_folded_as_tensorflow_text_does():
    tensorflow_text = pytest.importorskip("tensorflow_text")
    kept = {
        "Ll",
        "Lu",
        "Lt",
        "Lm",
        "Nd",
        "No",
        "Nl",
        "Po",
        "Ps",
        "Pe",
        "Sm",
        "Sc",
        "So",
    }
    characters = [
        chr(code) for code in range(0x20000) if unicodedata.category(chr(code)) in kept
    ]
    expected = tensorflow_text.case_fold_utf8(
        tensorflow_text.normalize_utf8(characters, "NFKC")
    ).numpy()

    different = [
        character
        for character, folded in zip(characters, expected, strict=True)
        if normalize(character) != " ".join(folded.decode().split())
    ]

    assert len(characters) > 10_000
    assert different == []


def test_normalizing_twice_changes_nothing():
    draw = random.Random(0)
    codes = [c for c in range(0x30000) if not 0xD800 <= c < 0xE000]
    texts = ["".join(map(chr, draw.choices(codes, k=20))) for _ in range(3_000)]

    once = [normalize(text) for text in texts]

    assert [normalize(text) for text in once] == once


def test_full_and_half_width_forms_become_one_spelling():
    assert normalize("ＡＢＣ１２") == normalize("abc12") == "abc12"
    assert normalize("ｶﾞ") == normalize("ガ") == "ガ"
    assert normalize("，！？") == ",!?"


@pytest.mark.parametrize("text", ["👨‍👩‍👧‍👦", "👩🏽‍💻", "🇨🇳", "❤️‍🔥", "1️⃣", "🏳️‍🌈"])
def test_emoji_keep_their_joiners_styles_and_skin_tones(text):
    assert normalize(f"a {text} b") == f"a {text} b"


def test_every_kind_of_white_space_becomes_one_space():
    spaces = [chr(c) for c in range(sys.maxunicode) if chr(c).isspace()]

    assert len(spaces) > 20
    assert normalize("a" + "".join(spaces) + "b") == "a b"
    assert normalize("".join(spaces)) == ""


def test_control_characters_separate_and_invisible_ones_go():
    assert normalize("a\x00b\x1bc\x7fd\x9fe") == "a b c d e"
    assert normalize("\ufeffin\u00advisi\u200bble\u200e\u2060") == "invisible"


def test_the_empty_text_stays_empty():
    assert normalize("") == ""


@pytest.mark.parametrize("surrogate", ["\udcff", "\ud83d", "\ude00"])
def test_a_lone_surrogate_is_refused_with_its_place(surrogate):
    with pytest.raises(
        ValueError, match="surrogate .* at character 2 of 'ab"
    ) as caught:
        normalize(f"ab{surrogate}c")

    assert "\n" not in str(caught.value)
    str(caught.value).encode()


@pytest.mark.parametrize(
    "data, byte, offset",
    [
        (b"caf\xe9", "e9", 3),
        ("中文".encode() + b"\xff", "ff", 6),
        ("中".encode()[:2], "e4", 0),
        ("中文".encode("gbk"), "d6", 0),
        (b"a\xed\xa0\x80", "ed", 1),
        (b"\xc0\xaf", "c0", 0),
    ],
)
def test_bytes_that_are_not_utf8_are_refused_with_their_offset(data, byte, offset):
    message = rf"^a\.txt: expected UTF-8, got byte 0x{byte} at offset {offset}$"

    with pytest.raises(ValueError, match=message):
        decode_utf8(data, "a.txt")


def test_utf8_is_decoded_and_its_byte_order_mark_dropped():
    assert decode_utf8("\ufeff中文 é 🙂\n".encode(), "a.txt") == "中文 é 🙂\n"
    assert decode_utf8(b"", "a.txt") == ""
    with pytest.raises(ValueError, match="at offset 5$"):
        decode_utf8(b"\xef\xbb\xbfab\xff", "with a mark")
