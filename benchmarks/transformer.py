"""A GPT's training step and its decoding, beside stock Keras, PyTorch, transformers.

``python -m benchmarks.transformer [--rounds 3] [--quick]``

* Step: 4 layers, 256 wide, 4 heads, T = 128, V = 8,000, batch 32, 5.2 M parameters
  (the head is the token embeddings), Adam, no dropout: ms a step, median of the timed
  steps. Stock Keras: ``MultiHeadAttention``, ``LayerNormalization``, ``Dense`` and
  ``fit``, without and with XLA. PyTorch: eager, its fused attention.
* Decoding: greedy, from one token, a model of these sizes: tokens a second. Ours with
  the key-value cache, the loop compiled with XLA; ours without the cache, reading the
  whole padded text again for each token in the same loop, which is faster without XLA;
  ``generate`` of transformers with its cache.

Calls that compile are not timed. Wall time, and CPU time of the process: other work on
the machine moves the first more than the second.
"""

import argparse
import json
import statistics
import time

import numpy as np

from benchmarks import transformer_models
from benchmarks.transformer_models import LENGTH, VOCABULARY

BATCH = 32
STEP_RIVALS = ["roots_tf", "keras", "keras_xla", "pytorch"]
DECODING_RIVALS = ["cached", "uncached", "transformers"]
# (batch, tokens): with and without the cache the cost of a text grows differently.
DECODING = [(1, 32), (1, 128), (1, 256), (16, 128)]
WARM_UP = 2  # steps


def tokens():
    """Gives random texts (B, T) and their next tokens."""
    ids = np.random.default_rng(0).integers(0, VOCABULARY, (BATCH, LENGTH + 1))
    return ids[:, :-1].astype(np.int32), ids[:, 1:].astype(np.int32)


def clocks():
    return np.array([time.perf_counter(), time.process_time()])


def summary(times, scale):
    """Gives the medians of (wall, CPU) seconds, times ``scale``."""
    wall, cpu = (
        scale * statistics.median(column) for column in zip(*times, strict=True)
    )
    return {"wall": wall, "cpu": cpu}


def time_calls(call, count, warm_up=WARM_UP):
    """Times ``call()`` after the warm-up."""
    times = []
    for turn in range(warm_up + count):
        start = clocks()
        call()
        if turn >= warm_up:
            times.append(clocks() - start)
    return times


def time_step(rival, steps):
    """Gives the median ms of a training step."""
    ids, labels = tokens()
    if rival == "pytorch":
        import torch

        model = transformer_models.torch_gpt()
        optimizer = torch.optim.Adam(model.parameters())
        x, y = torch.tensor(ids).long(), torch.tensor(labels).long()

        def step():
            optimizer.zero_grad()
            logits = model(x)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten())
            loss.backward()
            optimizer.step()

        return summary(time_calls(step, steps), 1e3)
    import keras
    import tensorflow as tf

    if rival == "roots_tf":
        from roots_tf.optimization.losses import cross_entropy
        from roots_tf.optimization.training_step import TrainingStep

        train = TrainingStep(
            transformer_models.our_gpt(),
            keras.optimizers.Adam(),
            {"loss": cross_entropy},
            None,
            tf.distribute.get_strategy(),
        )
        batch = tf.constant(ids), tf.constant(labels)

        def step():
            train(batch, False)
            train.totals.numpy()  # waits until it is done

        return summary(time_calls(step, steps), 1e3)

    class Clock(keras.callbacks.Callback):
        ends = []

        def on_train_batch_end(self, batch, logs=None):
            self.ends.append(clocks())

    model = transformer_models.stock_gpt()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=rival == "keras_xla")
    data = tf.data.Dataset.from_tensors((ids, labels)).repeat(WARM_UP + steps)
    model.fit(data, verbose=0, callbacks=[Clock()])
    return summary(np.diff(Clock.ends[WARM_UP - 1 :], axis=0), 1e3)


def time_decoding(rival, batch, length, repeats):
    """Gives tokens a second."""
    if rival == "transformers":
        generate = transformers_decoding(batch, length)
    else:
        generate = our_decoding(rival == "cached", batch, length)
    times = summary(time_calls(generate, repeats, warm_up=1), 1)
    return {clock: batch * length / seconds for clock, seconds in times.items()}


def our_decoding(cached, batch, length):
    import tensorflow as tf

    from roots_tf.decoding.autoregressive import align_prompts, decode
    from roots_tf.decoding.sampling import SamplingRule

    model = transformer_models.our_gpt(length + 1)
    prefix, given = align_prompts([[7]] * batch, length)

    def reads_all_again(token_ids, state):
        """The state is the text so far, padded, and its length."""
        texts, done = state
        here = tf.range(length + 1) == done
        texts = tf.where(here, token_ids, texts)  # (B, 1) into (B, T)
        return model.logits(model.features(texts)[:, done]), (texts, done + 1)

    @tf.function(jit_compile=cached, autograph=False)
    def loop():
        if cached:
            next_logits, state = model.next_logits, model.empty_cache(batch, length + 1)
        else:
            next_logits = reads_all_again
            state = tf.zeros([batch, length + 1], tf.int32), tf.constant(0)
        rule = SamplingRule(temperature=0)
        return decode(next_logits, state, prefix, given, rule)

    return lambda: loop().token_ids.numpy()


def transformers_decoding(batch, length):
    import torch

    model = transformer_models.published_gpt(length + 1)
    prompt = torch.full((batch, 1), 7)
    options = dict(max_new_tokens=length, do_sample=False, use_cache=True)
    options["attention_mask"] = torch.ones_like(prompt)
    return lambda: model.generate(prompt, **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="few steps: only a trial")
    rivals = STEP_RIVALS + DECODING_RIVALS
    parser.add_argument("--rival", choices=rivals, help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--length", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    steps, repeats = (1, 1) if options.quick else (5, 2)
    if options.rival in STEP_RIVALS:
        print(json.dumps(time_step(options.rival, steps)))
        return
    if options.rival:
        sizes = (options.batch, options.length, repeats)
        print(json.dumps(time_decoding(options.rival, *sizes)))
        return

    from benchmarks.paired import write

    quick = ["--quick"] if options.quick else []
    rows = {"step (ms)": measure(STEP_RIVALS, options.rounds, quick)}
    for batch, length in DECODING:
        name = f"decoding, batch {batch}, {length} tokens (tokens/s)"
        arguments = ["--batch", batch, "--length", length, *quick]
        rows[name] = measure(DECODING_RIVALS, options.rounds, arguments)
    if not options.quick:
        write("transformer", {"rows": rows, "rounds": options.rounds})


def measure(rivals, rounds, arguments):
    """Times rivals turn by turn, prints medians and ratios ours / peer, gives all."""
    from benchmarks.paired import ratios, turns

    runs = turns("benchmarks.transformer", rivals, rounds, *arguments)
    times = {
        rival: {clock: [run[clock] for run in ran] for clock in ("wall", "cpu")}
        for rival, ran in runs.items()
    }
    print(f"\n{' '.join(map(str, arguments))}")
    row = {"times": times, "ratios": {}}
    for rival, of_rival in times.items():
        line = f"  {rival:14}"
        for clock, values in of_rival.items():
            line += f"{clock:>6}{statistics.median(values):9.1f}"
            if rival != rivals[0]:
                ratio = ratios(times[rivals[0]][clock], values)
                row["ratios"][f"{rivals[0]} / {rival}, {clock}"] = ratio
                line += "   x {median:.2f} ({min:.2f}, {max:.2f})".format(**ratio)
        print(line)
    return row


if __name__ == "__main__":
    main()
