"""The map from the article's sections to the project is true, both ways."""

import json
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from roots_tf.sections import (
    KINDS,
    SECTIONS,
    cells_of,
    files_of_tests,
    main,
    markdown_table,
    path_of,
    with_subsections,
)

ROOT = Path(__file__).resolve().parents[1]

# The article's table of contents, typed from the article, not from the map.
HEADINGS = """
1 背景介绍
1.1 目的和范围
1.2 预期读者
1.3 文档结构概述
1.4 术语表
1.4.1 核心术语定义
1.4.2 相关概念解释
1.4.3 缩略词列表
2 核心概念与联系
2.1 大规模语言模型概述
2.2 深度学习与神经网络
2.3 自然语言处理与词向量
2.4 大规模语言模型的核心算法
2.5 大规模语言模型的架构
3 核心算法原理 & 具体操作步骤
3.1 词向量生成
3.1.1 Word2Vec
3.1.2 GloVe
3.2 模型训练与优化
3.2.1 反向传播算法
3.2.2 优化算法
3.3 模型评估与调优
3.3.1 评估指标
3.3.2 调优方法
4 数学模型和公式 & 详细讲解 & 举例说明
4.1 词向量生成
4.1.1 Word2Vec
4.1.2 GloVe
4.2 模型训练与优化
4.2.1 反向传播算法
4.2.2 优化算法
4.3 模型评估与调优
4.3.1 评估指标
4.3.2 调优方法
5 项目实战：代码实际案例和详细解释说明
5.1 开发环境搭建
5.2 源代码详细实现和代码解读
5.2.1 代码解读
5.3 代码解读与分析
5.3.1 模型结构
5.3.2 模型参数
5.3.3 模型训练
6 实际应用场景
7 工具和资源推荐
7.1 学习资源推荐
7.1.1 书籍推荐
7.1.2 在线课程
7.1.3 技术博客和网站
7.2 开发工具框架推荐
7.2.1 IDE和编辑器
7.2.2 调试和性能分析工具
7.2.3 相关框架和库
7.3 相关论文著作推荐
7.3.1 经典论文
7.3.2 最新研究成果
7.3.3 应用案例分析
8 总结：未来发展趋势与挑战
9 附录：常见问题与解答
9.1 问题1：为什么需要大规模语言模型？
9.2 问题2：如何训练大规模语言模型？
9.3 问题3：如何应用大规模语言模型？
10 扩展阅读 & 参考资料
"""
# Numbered lists of the two chapters without headings below them.
ITEMS = """
6.1 文本分类
6.2 机器翻译
6.3 问答系统
6.4 文本生成
6.5 对话系统
8.1 模型规模与性能提升
8.2 多模态融合
8.3 领域特定模型
8.4 隐私保护与安全性
"""

NAMES = sorted(
    {(k, name) for s in SECTIONS.values() for k in KINDS for name in getattr(s, k)}
)
MODULES = sorted(
    path
    for path in (ROOT / "roots_tf").rglob("*.py")
    if path.name not in ("__init__.py", "__main__.py")
)


def sections_in_docstring(source: str) -> list[str]:
    """Numbers after `§` in the paragraph that begins with `Article:`."""
    pattern = r"^Article:(.*?)(?=^\s*$|\b[A-Z]\w+:|\"\"\")"
    paragraph = re.search(pattern, source, re.M | re.S)
    return re.findall(r"§\s?(\d+(?:\.\d+)*)", paragraph[1]) if paragraph else []


def exists(kind: str, name: str) -> bool:
    if kind == "errata":
        return f"## {name}\n" in (ROOT / "ERRATA.md").read_text(encoding="utf-8")
    if kind == "notebooks":
        return (ROOT / "notebooks" / "source" / f"{name}.py").exists()
    return (ROOT / path_of(kind, name)).exists()


@pytest.mark.parametrize(("listing", "is_item"), [(HEADINGS, False), (ITEMS, True)])
def test_sections_are_the_articles_headings_in_order(listing, is_item):
    expected = [tuple(line.split(" ", 1)) for line in listing.strip().splitlines()]

    found = [(s.number, s.title_zh) for s in SECTIONS.values() if s.is_item is is_item]

    assert found == expected


def test_every_section_has_an_english_title():
    for section in SECTIONS.values():
        assert section.title_en.isascii()
        assert section.title_en


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_what_is_named_exists(kind, name):
    assert exists(kind, name)


def test_all_twenty_five_errata_belong_to_a_section():
    errata = {name for kind, name in NAMES if kind == "errata"}

    assert errata == {f"E{number:02d}" for number in range(1, 26)}


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "roots_tf"))
)
def test_sections_that_a_module_names_list_that_module(path):
    relative = path.relative_to(ROOT / "roots_tf").with_suffix("")
    module = ".".join(relative.parts)

    numbers = sections_in_docstring(path.read_text(encoding="utf-8"))

    for number in numbers:
        listed = with_subsections(number)
        assert any(module in s.modules + s.scripts for s in listed), (
            f"§{number} does not list {module} in roots_tf/sections.ini"
        )


@pytest.mark.parametrize("number", SECTIONS)
def test_modules_that_a_section_lists_name_that_section(number):
    section = SECTIONS[number]
    for name in section.modules + section.scripts:
        text = (ROOT / path_of("modules", name)).read_text(encoding="utf-8")
        named = sections_in_docstring(text)
        assert any(f"{number}.".startswith(f"{n}.") for n in named), (
            f"the `Article:` line of {name} does not name §{number}"
        )


@pytest.mark.parametrize("number", SECTIONS)
def test_notebooks_that_a_section_lists_name_that_section_one_around_or_within(number):
    for name in SECTIONS[number].notebooks:
        source = ROOT / "notebooks" / "source" / f"{name}.py"
        named = re.findall(r"§(\d+(?:\.\d+)*)", source.read_text(encoding="utf-8"))
        related = (
            f"{number}.".startswith(f"{n}.") or n.startswith(number) for n in named
        )
        assert any(related), name


@pytest.mark.parametrize(
    "source", sorted((ROOT / "notebooks" / "source").glob("*.py")), ids=lambda p: p.stem
)
def test_sections_in_a_notebooks_heading_list_that_notebook(source):
    heading = source.read_text(encoding="utf-8").splitlines()[1]

    for number in re.findall(r"§(\d+(?:\.\d+)*)", heading):
        listed = with_subsections(number)
        assert any(source.stem in section.notebooks for section in listed), number


def test_sections_in_a_docstring_are_read_from_the_article_paragraph_alone():
    source = """\
    Title.

    Article: §3.1.1 step 1,
    §9.2. Erratum: E16 (§7).
    Source: paper §4.
    """

    assert sections_in_docstring(dedent(source)) == ["3.1.1", "9.2"]


def test_a_sections_description_names_file_script_and_erratum(capsys):
    status = main(["5.2"])

    printed = capsys.readouterr().out
    assert status == 0
    assert "§5.2 源代码详细实现和代码解读" in printed
    assert "roots_tf/recurrent/bilstm_classifier.py\n" in printed
    assert "python -m roots_tf.train.classifier\n" in printed
    assert "§5.2.1 代码解读" in printed


def test_a_sections_description_tells_its_notebooks_cells_and_its_tests(capsys):
    main(["3.2.2"])

    printed = capsys.readouterr().out
    path = ROOT / "notebooks" / "03_2_2_optimizers.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    named = re.search(r"03_2_2_optimizers.ipynb, cells? ([\d, ]+)\n", printed)[1]
    numbers = [int(number) for number in named.split(", ")]
    assert numbers[0] == 1 and "§3.2.2" in "".join(cells[0]["source"])
    assert all("§3.2.2" in "".join(cells[n - 1]["source"]) for n in numbers)
    assert "tests/optimization/test_adam.py\n" in printed


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_a_section_with_code_has_tests_and_one_with_a_notebook_its_cells(section):
    parts = with_subsections(section.number)
    assert any(map(files_of_tests, parts)) or not section.modules
    assert set(cells_of(section)) == set(section.notebooks)
    assert all((ROOT / test).exists() for test in files_of_tests(section))


@pytest.mark.parametrize(
    ("number", "there"),
    [("4.1.3", "4.1.1, 4.1.2"), ("12", "1 to 10"), ("§4.1.3.", "4.1.1, 4.1.2")],
)
def test_an_unknown_section_is_one_line_with_the_near_ones(capsys, number, there):
    status = main([number])

    printed = capsys.readouterr()
    assert status == 2
    assert printed.out == ""
    number = number.strip("§.")
    assert printed.err == f"the article has no section {number!r}; it has {there}\n"


def test_a_section_that_recommends_something_tells_it_under_its_right_title(capsys):
    main(["7.3.2"])

    printed = capsys.readouterr().out
    assert "(2) Exploring the Limits of Transfer Learning with" in printed
    assert "https://arxiv.org/abs/1910.10683\n" in printed


def test_the_command_prints_every_section():
    command = [sys.executable, "-m", "roots_tf.sections"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")

    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len((HEADINGS.strip() + ITEMS).splitlines())


def test_a_reader_that_has_seen_enough_ends_the_command_without_a_traceback():
    command = [sys.executable, "-m", "roots_tf.sections"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as listing:
        listing.stdout.close()
        assert listing.stderr.read() == b""


def test_the_table_links_modules():
    rows = markdown_table().splitlines()

    row = next(row for row in rows if row.startswith("| 5.2 |"))
    link = "[recurrent.bilstm_classifier](roots_tf/recurrent/bilstm_classifier.py)"
    assert link in row


def test_the_table_in_readme_is_the_generated_one():
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    between = text.split("<!-- sections:begin -->")[1].split("<!-- sections:end -->")[0]
    assert between.strip() == markdown_table(), "python -m roots_tf.sections --markdown"
