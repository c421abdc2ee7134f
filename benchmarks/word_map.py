"""Keeps the record of a run of word vectors, with a map of some Chinese words.

``python -m benchmarks.word_map tensorboard_logs/glove/zhwiki-glove``

Copies its ``run.json`` to ``tensorboard_logs/recorded/<name>.json`` and adds "map":
of each word its group, its place on `word_map` and the nearest of the others. It holds
words and numbers, no text. The words are our choice, made to show what there is.
"""

import argparse
import json
import os
from pathlib import Path

from roots_tf.word_vectors.word_map import word_map
from roots_tf.word_vectors.word_vector_files import load_word_vectors

RECORDED = Path(__file__).resolve().parents[1] / "tensorboard_logs" / "recorded"

CHINESE = """
中国 日本 韩国 美国 英国 法国 德国
北京 上海 广州 东京 纽约 伦敦 巴黎
父亲 母亲 儿子 女儿 妻子 丈夫
数学 物理 化学 生物 医学
足球 篮球 排球 网球 棒球
歌手 演员 导演 作家 画家
"""


def with_map(run: Path) -> dict:
    """Gives the record of a finished run with "map".

    Raises:
        OSError: the run has no record or no vectors.
        ValueError: it has not finished, or lacks one of the words.
    """
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    if record["status"] != "finished":
        raise ValueError(f"{run}: expected a finished run, got {record['status']!r}")
    groups = [line.split() for line in CHINESE.split("\n") if line]
    found = word_map(load_word_vectors(run / "vectors.txt"), sum(groups, []))
    record["map"] = {
        "command": f"python -m benchmarks.word_map {run.as_posix()}",
        "shown": round(found.shown, 4),
        "group": [number for number, group in enumerate(groups) for _ in group],
        "words": found.words,
        "x": found.points[:, 0].round(4).tolist(),
        "y": found.points[:, 1].round(4).tolist(),
        "nearest": found.nearest,
    }
    return record


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of the run")
    run = parser.parse_args().run
    try:
        record = with_map(run)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    path = RECORDED / f"{run.name}.json"
    temporary = path.with_suffix(".tmp")
    text = json.dumps(record, ensure_ascii=False, indent=1)
    temporary.write_text(text + "\n", encoding="utf-8")
    os.replace(temporary, path)
    print(f"written: tensorboard_logs/recorded/{path.name}")


if __name__ == "__main__":
    main()
