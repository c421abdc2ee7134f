"""README's tables of results, from the records of runs and of benchmarks.

    python -m roots_tf.results                             writes both READMEs' tables
    python -m roots_tf.results --markdown                  prints the English ones
    python -m roots_tf.results --markdown --language zh    prints the Chinese ones

No figure is typed: each is read from `tensorboard_logs/recorded/<run>.json` or
`benchmarks/results/<name>.json`, and stands beside the command that made it. What the
rows say is told in `results.ini`, beside this file.

Article: §3.3.1 (评估指标), which names metrics and shows no result.
"""

import argparse
import configparser
import json
import os
import re
import statistics
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
READMES = {"en": "README.md", "zh": "README.zh-CN.md"}

_HEADS = {
    "runs": {
        "en": "what, data, metric, reached, beside it, seed, seconds, command, record",
        "zh": "什么, 数据, 指标, 达到, 旁边, 种子, 秒, 命令, 记录",
    },
    "benchmarks": {
        "en": "what, beside, ours / theirs: median (from–to), rounds, command",
        "zh": "什么, 对照, 我们 / 对照：中位数（从–到）, 轮数, 命令",
    },
}
# Where a run was to go, and its seed, which has a column.
_NOT_SHOWN = ("--log-dir", "--logs", "--name", "--seed")


def load_rows() -> Mapping[str, Mapping[str, str]]:
    """Reads `results.ini`."""
    table = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    source = Path(__file__).with_name("results.ini")
    table.read_string(source.read_text(encoding="utf-8"), source.name)
    return {name: row for name, row in table.items() if name != "DEFAULT"}


def read_records(folder: Path) -> dict[str, dict]:
    """Gives the JSON files of a folder by name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
    }


def markdown(language: str = "en", project: Path = PROJECT) -> str:
    """Both tables: what runs reached, and what was measured beside others.

    Args:
        language: `"en"` or `"zh"`.
        project: its folder, with the records.

    Raises:
        ValueError: `results.ini` tells of no row for a record, or a figure is missing.
    """
    rows = load_rows()
    runs = read_records(project / "tensorboard_logs" / "recorded")
    results = read_records(project / "benchmarks" / "results")
    measured = [
        row
        for name, result in results.items()
        for row in benchmark_rows(name, result, rows, language)
    ]
    return "\n\n".join(
        _table(_HEADS[kind][language].split(", "), made)
        for kind, made in (
            ("runs", [run_row(*run, rows, language) for run in runs.items()]),
            ("benchmarks", measured),
        )
    )


def run_row(name: str, record: dict, rows: Mapping, language: str) -> list[str]:
    """The cells of one recorded run.

    Raises:
        ValueError: there is no row for its script, or it lacks a figure.
    """
    section = "run " + record["command"].split()[2].rpartition(".")[2]
    of_task = f"{section} --task {record.get('options', {}).get('task')}"
    section = of_task if of_task in rows else section
    if section not in rows:
        raise ValueError(f"{name}: expected a section [{section}] in results.ini")
    row, form = rows[section], rows[section].get("form", ".4f")

    def metric(key: str) -> tuple[str, str]:
        figure, _, what = row[key].partition(" > ")
        reached = _figure(name, record["final_metrics"], [figure], form)
        return reached, in_language(what, language)

    reached, what = metric("metric")
    beside = "{} ({})".format(*metric("beside")) if "beside" in row else "–"
    return [
        in_language(row["what"], language),
        record["data"]["name"],
        what,
        reached,
        beside,
        str(record["seed"]),
        f"{record['wall_seconds']:.0f}",
        f"`{shown_command(record['command'])}`",
        f"`{name}`",
    ]


def benchmark_rows(
    name: str, result: dict, rows: Mapping, language: str
) -> list[list[str]]:
    """The rows of one benchmark's result.

    Raises:
        ValueError: there is no row for it, or it lacks a figure.
    """
    chosen = [row for key, row in rows.items() if key.startswith(f"{name}: ")]
    if not chosen:
        raise ValueError(f"{name}: expected a section [{name}: ...] in results.ini")
    return [
        [
            in_language(row["what"], language),
            in_language(row["beside"], language),
            " / ".join(
                _figure(name, result, row[side].split(" > "), row.get("form", ".3f"))
                for side in ("ours", "theirs")
                if side in row
            ),
            str(_rounds(result)),
            f"`{shown_command(result['command'])}`",
        ]
        for row in chosen
    ]


def in_language(text: str, language: str) -> str:
    """One of the two texts that a bar divides, or the only one.

    Example:
        >>> in_language("accuracy | 准确率", "zh"), in_language("F1", "zh")
        ('准确率', 'F1')
    """
    return text.split(" | ")[-1 if language == "zh" else 0]


def shown_command(command: str) -> str:
    """A recorded command without what belongs to one machine.

    Example:
        >>> shown_command("python -m x --pretrained a/b --data c --name d --log-dir e")
        'python -m x --pretrained FOLDER --data c'
    """
    for flag in _NOT_SHOWN:
        command = re.sub(rf" {flag}[ =]\S+", "", command)
    return re.sub(r"(?<= )\S+/\S+", "FOLDER", command)


def _figure(name: str, found: dict, keys: list[str], form: str) -> str:
    for key in keys:
        if key not in found:
            raise ValueError(f"{name}: expected a figure {' > '.join(keys)}")
        found = found[key]
    if isinstance(found, dict):  # a ratio
        values = [found["median"], found["min"], found["max"]]
        form = ".2f"
    elif isinstance(found, list):
        values = [statistics.median(found), min(found), max(found)]
    else:
        return f"{found:{form}}"
    middle, low, high = (f"{value:{form}}" for value in values)
    return f"{middle} ({low}–{high})"


def _rounds(result: dict) -> int | str:
    told = re.search(r"--rounds[ =](\d+)", result["command"])
    return result.get("rounds") or result.get("seeds") or (told[1] if told else "–")


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def between_markers(text: str, name: str, made: str) -> str:
    """A text with what was made between its markers, in place of what stood there.

    Raises:
        ValueError: the text has no markers of this name.

    Example:
        >>> between_markers("a<!-- x:begin -->b<!-- x:end -->c", "x", "new").split()
        ['a<!--', 'x:begin', '-->', 'new', '<!--', 'x:end', '-->c']
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"expected the markers {begin} and {end}, got none")
    return f"{before}{begin}\n\n{made}\n\n{end}{after}"


def update_readmes(
    name: str, made: Callable[[str], str], project: Path = PROJECT
) -> None:
    """Writes what is made for a language between the markers of its README.

    Raises:
        ValueError: a README has no such markers; then none is written.
    """
    texts = {}
    for language, readme in READMES.items():
        path = project / readme
        text = path.read_text(encoding="utf-8")
        texts[path] = between_markers(text, name, made(language))
    for path, text in texts.items():
        temporary = path.with_name(path.name + ".new")
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)


def main(arguments: list[str] | None = None, project: Path = PROJECT) -> int:
    """Prints the tables or writes them; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m roots_tf.results",
        description="README's tables of results, from the records.",
    )
    parser.add_argument("--markdown", action="store_true", help="print, write nothing")
    parser.add_argument("--language", choices=READMES, default="en")
    options = parser.parse_args(arguments)
    try:
        if options.markdown:
            print(markdown(options.language, project))
        else:
            update_readmes("results", lambda one: markdown(one, project), project)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
