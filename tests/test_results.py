"""README's tables of results are what the records say."""

import json

import pytest

from roots_tf import results

RUN = {
    "command": "python -m roots_tf.train.classifier --data x --log-dir y --seed 3",
    "seed": 3,
    "data": {"name": "x"},
    "wall_seconds": 61.7,
    "final_metrics": {"accuracy": 0.87654, "bag_of_words_accuracy": 0.5},
}
ROWS = {
    "run classifier": {
        "what": "a model | 模型",
        "metric": "accuracy > accuracy | 准确率",
        "beside": "bag_of_words_accuracy > words | 词",
    },
    "speed: one": {"what": "speed", "beside": "a peer", "ours": "rows > ratio"},
    "speed: two": {
        "what": "score",
        "beside": "a peer",
        "ours": "ours",
        "theirs": "theirs",
        "form": ".1f",
    },
}
SPEED = {
    "command": "python -m benchmarks.speed --rounds=4 --reference a/b",
    "rows": {"ratio": {"median": 1.234, "min": 1.0, "max": 2.0}},
    "ours": [3.0, 1.0, 2.0],
    "theirs": 0.25,
}


@pytest.mark.parametrize("language", results.READMES)
def test_the_tables_in_the_readme_are_those_of_the_records(project, language):
    text = (project / results.READMES[language]).read_text(encoding="utf-8")

    made = results.markdown(language, project)

    assert results.between_markers(text, "results", made) == text, (
        "python -m roots_tf.results"
    )


def test_a_run_stands_in_its_row_with_command_seed_baseline_and_seconds():
    row = results.run_row("x-run", RUN, ROWS, "zh")

    assert row == [
        *("模型", "x", "准确率", "0.8765", "0.5000 (词)", "3", "62"),
        *("`python -m roots_tf.train.classifier --data x`", "`x-run`"),
    ]


def test_a_run_of_a_task_of_its_own_has_that_tasks_row():
    of_task = {"what": "tagging", "metric": "f1 > F1"}
    rows = {**ROWS, "run classifier --task tag": of_task}
    run = {**RUN, "options": {"task": "tag"}, "final_metrics": {"f1": 0.25}}

    assert results.run_row("x-run", run, rows, "en")[:5] == [
        *("tagging", "x", "F1", "0.2500", "–")
    ]
    other = {**RUN, "options": {"task": "pairs"}}
    assert results.run_row("x-run", other, rows, "en")[0] == "a model"


def test_a_ratio_a_list_and_a_number_each_have_their_form():
    first, second = results.benchmark_rows("speed", SPEED, ROWS, "en")

    assert first[2:4] == ["1.23 (1.00–2.00)", "4"]
    assert second[2] == "2.0 (1.0–3.0) / 0.2"
    assert first[4] == "`python -m benchmarks.speed --rounds=4 --reference FOLDER`"


def test_every_row_that_is_told_of_has_a_record(project):
    records = results.read_records(project / "tensorboard_logs" / "recorded")
    scripts = {run["command"].split()[2].split(".")[-1] for run in records.values()}
    measured = results.read_records(project / "benchmarks" / "results")

    for section in results.load_rows():
        name = section.partition(": ")[0]
        assert name in measured or name.removeprefix("run ").split()[0] in scripts, (
            section
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"command": "python -m roots_tf.train.gpt"}, r"a section \[run gpt\]"),
        ({"final_metrics": {}}, "x-run: expected a figure accuracy"),
    ],
)
def test_a_record_that_cannot_be_shown_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        results.run_row("x-run", {**RUN, **change}, ROWS, "en")


def test_a_benchmark_that_nobody_told_of_is_named(tmp_path, capsys):
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    path = tmp_path / "benchmarks" / "results" / "novel.json"
    path.write_text(json.dumps(SPEED), encoding="utf-8")

    status = results.main(["--markdown"], tmp_path)

    assert status == 2
    assert "novel: expected a section [novel: ...]" in capsys.readouterr().err


def test_both_readmes_are_written_or_neither(tmp_path, capsys):
    text = "before\n<!-- results:begin -->\nold\n<!-- results:end -->\nafter\n"
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    (tmp_path / "README.zh-CN.md").write_text("no markers\n", encoding="utf-8")

    refused = results.main([], tmp_path)
    kept = (tmp_path / "README.md").read_text(encoding="utf-8")
    (tmp_path / "README.zh-CN.md").write_text(text, encoding="utf-8")
    done = results.main([], tmp_path)

    assert (refused, kept, done) == (2, text, 0)
    assert "expected the markers" in capsys.readouterr().err
    for name in results.READMES.values():
        written = (tmp_path / name).read_text(encoding="utf-8")
        assert written.startswith("before") and written.endswith("after\n")
        assert "old" not in written
