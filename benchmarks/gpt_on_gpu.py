"""GPT-2 small's training step on a GPU: this project's model beside PyTorch.

``KERAS_BACKEND=jax python -m benchmarks.gpt_on_gpu [--steps 10] [--batch 8]``

GPT-2 small (124 million parameters, T = 1,024, no dropout), random tokens, AdamW, each
case in a process of its own: ms a step (mean of the steps after three to compile and
warm up), tokens a second, the most memory that the framework's allocator held, and the
losses, which must agree. Ours is ``models.gpt.Gpt`` on Keras' JAX backend, compiled
with the optimizer of optax; PyTorch's is ``GPT2LMHeadModel`` of transformers, eager and
compiled. Matrix products of float32 go as TF32 where the case says so; JAX does that by
itself on such a GPU.

Needs an NVIDIA GPU, jax, optax, torch and transformers: none of them is needed for
anything else here.
"""

import argparse
import functools
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

LENGTH = 1_024
RESULTS = Path(__file__).parent / "results" / "gpt_on_gpu.json"
CASES = [
    "roots_tf, float32 (TF32)",
    "roots_tf, float32 (TF32), recomputation",
    "roots_tf, mixed_bfloat16",
    "roots_tf, mixed_bfloat16, recomputation",
    "PyTorch, float32",
    "PyTorch, float32 (TF32)",
    "PyTorch, bfloat16",
    "PyTorch, bfloat16, compiled",
]


def roots_tf_step(case: str, token_ids: np.ndarray):
    """Gives a function that makes a step, and one that tells the memory in bytes."""
    import jax
    import keras
    import optax

    from roots_tf.models.gpt import Gpt, GptConfig

    keras.utils.set_random_seed(0)
    policy = "mixed_bfloat16" if "bfloat16" in case else "float32"
    keras.mixed_precision.set_dtype_policy(policy)
    model = Gpt(GptConfig(dropout=0.0), recompute="recomputation" in case)
    model.build()
    constants = [variable.value for variable in model.non_trainable_variables]
    weights = [variable.value for variable in model.trainable_variables]
    optimizer = optax.adamw(1e-4)
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels

    def loss(weights):
        inputs, targets = token_ids[:, :-1], token_ids[:, 1:]
        logits, _ = model.stateless_call(weights, constants, inputs, training=True)
        return cross_entropy(logits, targets).mean()

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def step(weights, state):
        value, gradients = jax.value_and_grad(loss)(weights)
        updates, state = optimizer.update(gradients, state, weights)
        return optax.apply_updates(weights, updates), state, value

    state = [weights, optimizer.init(weights)]

    def make_step():
        *state[:], value = step(*state)
        return value

    return make_step, lambda: jax.devices()[0].memory_stats()["peak_bytes_in_use"]


def pytorch_step(case: str, token_ids: np.ndarray):
    """The same by PyTorch."""
    import torch
    import transformers

    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = "TF32" in case
    sizes = transformers.GPT2Config(resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)
    model = transformers.GPT2LMHeadModel(sizes).cuda()
    if "compiled" in case:
        model = torch.compile(model)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)
    tokens = torch.tensor(token_ids, dtype=torch.long).cuda()
    cross_entropy = torch.nn.functional.cross_entropy

    def make_step():
        optimizer.zero_grad()
        with torch.autocast("cuda", torch.bfloat16, enabled="bfloat16" in case):
            logits = model(tokens[:, :-1]).logits
        value = cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten())
        value.backward()
        optimizer.step()
        return value.detach()

    return make_step, torch.cuda.max_memory_allocated


def measure(case: str, batch: int, steps: int) -> dict:
    """Makes the steps of one case."""
    token_ids = np.random.default_rng(0).integers(0, 50_257, (batch, LENGTH + 1))
    make = roots_tf_step if case.startswith("roots_tf") else pytorch_step
    make_step, memory = make(case, token_ids.astype(np.int32))
    losses = [float(make_step()) for _ in range(3)]
    start = time.perf_counter()
    for _ in range(steps):
        last = make_step()
    losses.append(float(last))  # waits for the GPU
    seconds = (time.perf_counter() - start) / steps
    return {
        "ms a step": 1_000 * seconds,
        "tokens/s": batch * LENGTH / seconds,
        "peak GiB": memory() / 2**30,
        "losses": losses,
    }


def device_name() -> str:
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Measures every case, prints a table and writes JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        found = measure(options.case, options.batch, options.steps)
        print(json.dumps(found))
        return
    sizes = [f"--steps={options.steps}", f"--batch={options.batch}"]
    program = [sys.executable, "-m", "benchmarks.gpt_on_gpu", *sizes, "--case"]
    record = {
        "command": " ".join(["python -m benchmarks.gpt_on_gpu", *sizes]),
        "device": device_name().strip(),
        "cases": {},
    }
    for case in CASES:
        ran = subprocess.run([*program, case], stdout=subprocess.PIPE, text=True)
        if ran.returncode:
            sys.exit(f"{case}: failed")
        found = json.loads(ran.stdout.splitlines()[-1])
        record["cases"][case] = found
        figures = (found[name] for name in ("ms a step", "tokens/s", "peak GiB"))
        row = "{:9.1f} ms {:9,.0f} tokens/s {:6.2f} GiB".format(*figures)
        print(f"{case:42} {row}  {np.round(found['losses'], 3)}", flush=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"written: {RESULTS.relative_to(RESULTS.parents[2])}")


if __name__ == "__main__":
    main()
