"""Opens the monitors of a word-vector run, new or resumed.

Article: §3.1, §7.2.2 (TensorBoard).
"""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence

from roots_tf.monitoring.profile import ProfileSteps
from roots_tf.monitoring.resources import ResourceMonitor
from roots_tf.monitoring.run_record import RunRecord
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.train.array_checkpoint import load_arrays
from roots_tf.train.exits import bad_input_ends_the_program
from roots_tf.train.monitored_run import describe_run
from roots_tf.train.run import Run, profiled_steps
from roots_tf.train.word_vector_loop import Done, WordVectorLoop
from roots_tf.train.word_vector_options import CHECKPOINT, WordVectorOptions
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus


def restore(trainer, corpus: EncodedCorpus, run: Run) -> dict | None:
    """Puts a trainer where the checkpoint of a resumed run was taken.

    Returns:
        What `word_vector_run` needs to go on from there; None for a new run.

    Raises:
        ValueError: the checkpoint is damaged, or the text is another one by now.
        OSError: it cannot be read.
    """
    if not run.resumed:
        return None
    state, progress = load_arrays(run.folder / CHECKPOINT)
    if progress["corpus"] != corpus.content_hash:
        raise ValueError("--resume: expected the text that the run began with")
    trainer.restore(state)
    return progress


@contextlib.contextmanager
def word_vector_run(
    run: Run,
    options: WordVectorOptions,
    command: list[str],
    corpus: EncodedCorpus,
    watched: Sequence[str],
    scores: Sequence[str],
    earlier: dict | None,
    unit: str = "words",
) -> Iterator[WordVectorLoop]:
    """Opens the monitors of a run; a new run also gets its options written.

    Args:
        run, options, corpus, watched, unit: as `WordVectorLoop`.
        command: its words.
        scores: names of the final metrics by which the HPARAMS tab compares runs.
        earlier: from `restore`.
    """
    values = dataclasses.asdict(options)
    data_hash = corpus.content_hash
    with RunMonitor(run.folder) as monitor, ResourceMonitor(monitor) as resources:
        if earlier:
            with bad_input_ends_the_program():
                monitor.restore(earlier["monitor"])
        else:
            compared = [("train", "epoch/loss")]
            compared += [("", f"final/{score}") for score in scores]
            describe_run(monitor, command, values, data_hash, compared)
        with RunRecord(
            run.folder, command, values, options.seed, data_hash, options.data
        ) as record:
            if earlier:
                record.restore(earlier["record"])
            done = Done(**earlier["done"]) if earlier else Done()
            loop = WordVectorLoop(
                run, options, corpus, watched, unit, monitor, resources, record, done
            )
            if options.profile:
                loop.profile = ProfileSteps(monitor, *profiled_steps(options.profile))
                if earlier:
                    loop.profile.restore(earlier["profile"])
            yield loop
