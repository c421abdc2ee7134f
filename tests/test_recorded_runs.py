"""The kept run records, and the numbers that README takes from them."""

import csv
import json
import re

import numpy as np
import pytest
from scipy.stats import ttest_rel


@pytest.fixture(scope="module")
def records(project):
    folder = project / "tensorboard_logs" / "recorded"
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in folder.glob("*.json")
    }


def test_every_record_is_of_a_finished_run_that_can_be_repeated(records):
    assert records
    for name, record in records.items():
        assert record["status"] == "finished", name
        assert record["command"].startswith("python -m roots_tf.train."), name
        assert isinstance(record["seed"], int), name
        assert re.fullmatch("[0-9a-f]{64}", record["data"]["hash"]), name
        assert {"python", "tensorflow", "keras"} <= set(record["versions"]), name
        assert record["final_metrics"], name
        trained = record["options"].get("train", True)  # else a model as published
        assert bool(record["curve"]) == trained, name


def test_no_record_names_a_folder_of_the_machine_it_ran_on(records):
    for name, record in records.items():
        text = json.dumps(record)
        assert not re.search(r'[ "=](/|~/|[A-Z]:\\)', text), name


def test_the_ablation_table_is_that_of_its_results(project):
    folder = project / "benchmarks"
    table = (folder / "README.md").read_text(encoding="utf-8")
    results = json.loads((folder / "results" / "imdb_ablation.json").read_text())

    assert len(results["rows"]) == 10
    for row, scores in results["rows"].items():
        expected = f"| {row} | {scores['validation']:.4f} | {scores['test']:.4f} |"
        assert expected in table


def test_the_tables_of_the_transformer_and_of_bert_are_those_of_their_results(project):
    folder = project / "benchmarks"
    table = (folder / "README.md").read_text(encoding="utf-8")
    results = json.loads((folder / "results" / "transformer.json").read_text())
    steps = json.loads((folder / "results" / "bilstm_to_bert.json").read_text())

    for name, row in results["rows"].items():
        cells = [
            f"{r['median']:.2f} ({r['min']:.2f}–{r['max']:.2f})"
            for compared, r in row["ratios"].items()
            if compared.endswith(", wall")
        ]
        medians = [f"{np.median(t['wall']):,.0f}" for t in row["times"].values()]
        together = [" | ".join([*medians, *cells])]
        if name.startswith("step"):  # a line for each, ours without a ratio
            together = [" | ".join(c) for c in zip(medians, ["–", *cells], strict=True)]
        assert all(f"| {cell} |" in table for cell in together), name
    for name, row in steps["rows"].items():
        test = row["test"]
        mean = f"{np.mean(test):.3f} ({min(test):.3f}–{max(test):.3f})"
        count = f"{np.median(row['parameters']):,.0f}"
        assert f"| {name} | {mean} | {len(test)} | {count} |" in table
    tuned, fresh = (
        steps["rows"][n]["test"] for n in ("fine-tuning", "[CLS] and pooler")
    )
    gain = np.subtract(tuned, fresh).mean()
    low, high = ttest_rel(tuned, fresh).confidence_interval()
    told = f"{gain:.3f}, Student's 95 % interval of five pairs {low:.3f} to {high:.3f}"
    assert told in " ".join(table.split())


def test_readme_counts_the_sentences_of_our_own_sets(project):
    readme = (project / "README.md").read_text(encoding="utf-8")

    for language, name in (("Chinese", "reviews_zh"), ("English", "reviews_en")):
        rows = 0
        for path in (project / "data" / name).glob("*.csv"):
            with open(path, encoding="utf-8", newline="") as file:
                rows += sum(1 for _ in csv.DictReader(file))
        assert f"{rows:,} {language}" in readme


def test_readme_gives_what_the_tuned_and_the_writing_model_reached(project, records):
    readme = (project / "README.md").read_text(encoding="utf-8")
    tuned = records["sst2-minilm"]["final_metrics"]
    written = records["tinyshakespeare-gpt"]["final_metrics"]

    assert f"accuracy {tuned['accuracy']:.4f} on 1,821" in readme
    assert f"bag of words {tuned['bag_of_words_accuracy']:.4f}; record" in readme
    assert f"{written['loss']:.3f} nats a character" in readme


def test_readme_gives_what_the_attacks_found(project, records):
    readme = " ".join((project / "README.md").read_text(encoding="utf-8").split())
    found = records["docstrings-private_training"]["final_metrics"]

    assert f"planted number {found['plain_mean_rank']:.0f}th of 1,000" in readme
    assert f"an AUC of {found['plain_membership_auc']:.3f}" in readme
    assert f"ranks them {found['mean_rank']:.0f}th" in readme
    assert f"the AUC is {found['membership_auc']:.3f}" in readme
    assert (
        f"never seen {found['perplexity']:.1f} ({found['public_perplexity']:.1f} "
        f"before the private texts, {found['plain_perplexity']:.1f} plainly)" in readme
    )


@pytest.mark.parametrize("name", ["training_loop", "tokenizers", "glove"])
def test_the_tables_of_ratios_are_those_of_the_results(project, name):
    folder = project / "benchmarks"
    table = (folder / "README.md").read_text(encoding="utf-8")
    results = json.loads((folder / "results" / f"{name}.json").read_text())

    if name == "training_loop":
        found = [row["ratios"].values() for row in results["rows"].values()]
    elif name == "tokenizers":
        found = [
            [row["MB/s"]["ratio"], row["MB/CPU s"]["ratio"]]
            for row in results["rows"].values()
        ]
    else:
        figures = ["counted words/CPU s", "cells/CPU s", "cells/s"]
        figures += ["text to file (CPU s)", "memory (MB)", "cost"]
        trained = [case for case in results["cases"].values() if "cost" in case]
        found = [[case[figure]["ratio"] for figure in figures] for case in trained]

    assert found
    for ratios in found:
        cells = [f"{r['median']:.2f} ({r['min']:.2f}–{r['max']:.2f})" for r in ratios]
        assert f"| {' | '.join(cells)} |" in table
