"""Tang poems: read as lines with the mark of their form, and what keeps a form."""

import gzip
import json

import pytest

from roots_tf.datasets.plain_text import load_plain_text
from roots_tf.datasets.poems import FORMS, form_shares, keeps_form, mark_of, poem_lines

# Two poems that every reader knows, by Li Bai (a 五言絕句) and Du Mu (a 七言絕句).
THOUGHTS = ["床前明月光，疑是地上霜。", "舉頭望明月，低頭思故鄉。"]
MOORING = ["煙籠寒水月籠沙，夜泊秦淮近酒家。", "商女不知亡國恨，隔江猶唱後庭花。"]


@pytest.fixture
def file(tmp_path):
    def write(*poems):
        path = tmp_path / "chinese_poetry" / "tang.jsonl.gz"
        path.parent.mkdir(exist_ok=True)
        lines = [json.dumps({"title": "", "paragraphs": poem}) for poem in poems]
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
        return path

    return write


def test_a_poem_is_a_line_that_begins_with_its_form(file):
    lines = set(poem_lines(file(THOUGHTS, MOORING)))

    assert lines == {"五言：" + "".join(THOUGHTS), "七言：" + "".join(MOORING)}
    assert all(map(keeps_form, lines))


def test_notes_repeated_poems_and_other_forms_are_left_out(file):
    noted = [THOUGHTS[0], THOUGHTS[1] + "（見《全唐詩》（卷一六五）。）。"]
    four = ["關關雎鳩，在河之洲。窈窕淑女，君子好逑。"]

    lines = list(poem_lines(file(noted, THOUGHTS, four)))

    assert lines == ["五言：" + "".join(THOUGHTS)]


def test_the_order_of_the_poems_is_not_that_of_the_file(file):
    forwards = list(poem_lines(file(THOUGHTS, MOORING)))

    assert list(poem_lines(file(MOORING, THOUGHTS))) == forwards


@pytest.mark.parametrize(
    "poem",
    [
        "床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。",  # no mark
        "七言：" + "".join(THOUGHTS),  # the other mark
        "五言：床前明月光，疑是地上霜。",  # two verses
        "五言：" + "".join(THOUGHTS) + "何處是吾家。",  # an odd number
        "五言：床前明月光，疑是地上霜。舉頭望明月，低頭思故",  # cut
        "五言：床前明月光，疑是地上霜。舉頭望\ufffd月，低頭思故鄉。",  # unknown
        "五言：床前明月光，疑是地上霜。舉頭看望月，低頭思故鄉鄉。",
        "五言：",
        "",
    ],
)
def test_what_is_irregular_does_not_keep_its_form(poem):
    assert not keeps_form(poem)


def test_shares_are_of_the_poems_of_each_mark():
    poems = ["五言：" + "".join(THOUGHTS), "五言：床前。", "其他"]

    shares = form_shares(poems)

    assert shares[5] == 0.5 and shares[7] != shares[7]
    assert [mark_of(form) for form in FORMS] == ["五言：", "七言："]


def test_the_plain_text_of_the_set_is_the_poems(file, tmp_path):
    file(THOUGHTS, MOORING)
    source = load_plain_text("tang_poems", tmp_path)
    source = type(source)(source.name, (file(THOUGHTS, MOORING),))

    assert list(source) == list(source.documents())
    assert len(list(source)) == 2


@pytest.mark.parametrize("line", [b"{", b'{"title": "a"}', b'{"paragraphs": 3}'])
def test_a_line_that_is_no_poem_is_named(tmp_path, line):
    path = tmp_path / "tang.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"paragraphs": []}\n' + line))

    with pytest.raises(ValueError, match="line 2: expected a poem as JSON"):
        list(poem_lines(path))


def test_most_published_poems_keep_their_form(real_data):
    poems = list(poem_lines(real_data / "chinese_poetry/tang.jsonl.gz"))

    assert len(poems) > 50_000
    assert all(share > 0.85 for share in form_shares(poems).values())
