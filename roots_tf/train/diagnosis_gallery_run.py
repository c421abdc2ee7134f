"""Runs the gallery, one TensorBoard run for each of its runs, and tells the results.

Article: §7.2.2.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import tensorflow as tf

from roots_tf.monitoring.diagnosis import Diagnosis
from roots_tf.monitoring.run_record import RunRecord
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.losses import accuracy
from roots_tf.optimization.training_loop import EpochRecord, TrainingLoop
from roots_tf.train.diagnosis_gallery_parts import GALLERY, Specimen
from roots_tf.train.diagnosis_gallery_texts import Texts
from roots_tf.train.monitored_run import describe_run

_LOG_EVERY = 5  # the runs are short


@dataclass(frozen=True)
class Gallery:
    """The runs of one set of texts.

    Attributes:
        folder: of all runs.
        texts: by name, see ``diagnosis_gallery_texts``.
        seed: of the first pair; each has its own.
        command: the words of the command.
    """

    folder: Path
    texts: Mapping[str, Texts]
    seed: int
    command: Sequence[str]

    def run(self, record: RunRecord) -> Iterator[dict]:
        """Trains what is not finished yet.

        Args:
            record: of the gallery; gets each run's last epoch as a point of its curve.

        Yields:
            For each run its name, the trouble that it has or "", and what the diagnosis
            named, with the evidence.
        """
        for pair, trouble in enumerate(GALLERY):
            for sick in (True, False):
                name = f"{trouble.replace(' ', '-')}-{'sick' if sick else 'cured'}"
                if not _is_finished(self.folder / name):
                    self._train(name, trouble, sick, self.seed + pair)
                done = _read(self.folder / name)
                last = done["curve"][-1:] or [{"epoch": 0, "step": 0}]
                empty = {"train": {}, "validation": {}, "seconds": 0.0}
                point = EpochRecord(**{**empty, **last[0]})
                record.on_epoch_end(point)
                yield {"run": name, **done["final_metrics"]}

    def _train(self, name: str, trouble: str, sick: bool, seed: int) -> None:
        print(f"\n{name}")
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was cut off
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        make, texts = GALLERY[trouble]
        texts = self.texts[texts]
        specimen = make(texts, seed, sick)
        values = {"trouble": trouble, "sick": sick, "seed": seed}
        data_hash = texts.content_hash
        record = RunRecord(folder, self.command, values, seed, data_hash, texts.name)
        with record, RunMonitor(folder) as monitor:
            compared = [("validation", "epoch/loss"), ("validation", "epoch/accuracy")]
            describe_run(monitor, list(self.command), values, data_hash, compared)
            diagnosis = Diagnosis(
                specimen.model, specimen.loss, specimen.batches, monitor
            )
            try:
                _loop(specimen, [monitor, record, diagnosis]).run(specimen.epochs)
            except (
                FloatingPointError
            ) as error:  # as it should, where NaN is the trouble
                print(error)
            record.finish(
                {
                    "trouble": trouble if sick else "",
                    "findings": [asdict(finding) for finding in diagnosis.findings],
                }
            )


def counts(rows: Sequence[dict]) -> dict[str, int]:
    """Counts the sick runs and those named rightly, the cured and the false alarms.

    Rightly: the trouble is named, and none beside it.
    """
    sick = [row for row in rows if row["trouble"]]
    cured = [row for row in rows if not row["trouble"]]
    return {
        "sick_runs": len(sick),
        "named_rightly": sum(_named(row) == [row["trouble"]] for row in sick),
        "cured_runs": len(cured),
        "false_alarms": sum(bool(_named(row)) for row in cured),
    }


def table(rows: Sequence[dict]) -> str:
    """The results in Markdown."""
    lines = ["| run | true trouble | named | evidence |", "| --- | --- | --- | --- |"]
    for row in rows:
        evidence = "; ".join(found["evidence"] for found in row["findings"])
        named = ", ".join(_named(row)) or "nothing"
        lines.append(
            f"| {row['run']} | {row['trouble'] or 'none'} | {named} | {evidence} |"
        )
    return "\n".join(lines)


def print_table(rows: Sequence[dict]) -> None:
    """Prints the results, a line for each run and for each thing named."""
    print(f"\n{'run':38} {'true trouble':31} named, with the evidence")
    for row in rows:
        right = [row["trouble"]] if row["trouble"] else []
        start = f"{row['run']:38} {row['trouble'] or 'none':31} "
        for found in row["findings"] or [{"trouble": "nothing", "evidence": ""}]:
            evidence = f": {found['evidence']}" if found["evidence"] else ""
            print(f"{start}{found['trouble']}{evidence}")
            start = " " * len(start)
        if _named(row) != right:
            print(f"{start}WRONG")
    total = counts(rows)
    print(
        f"\n{total['named_rightly']} of {total['sick_runs']} sick runs named rightly, "
        f"{total['false_alarms']} false alarms in {total['cured_runs']} cured runs."
    )


def _loop(specimen: Specimen, hooks: list) -> TrainingLoop:
    inputs, labels = specimen.validation

    def validate(epoch, step):
        outputs = specimen.model(inputs, training=False)
        return {
            "loss": float(tf.reduce_mean(specimen.loss(labels, outputs))),
            "accuracy": float(tf.reduce_mean(accuracy(labels, outputs))),
        }

    return TrainingLoop(
        specimen.model,
        specimen.optimizer,
        specimen.loss,
        specimen.batches,
        measures={"accuracy": accuracy},
        validate=validate,
        hooks=hooks,
        log_every=_LOG_EVERY,
    )


def _named(row: dict) -> list[str]:
    return [found["trouble"] for found in row["findings"]]


def _is_finished(folder: Path) -> bool:
    return (folder / "run.json").exists() and _read(folder)["status"] == "finished"


def _read(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))
