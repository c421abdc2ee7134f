"""Tells what a training takes past this machine: memory, FLOPs, hours, money on GPUs.

Article: §8.1 (模型规模与性能提升).

Nothing is trained. FLOPs and memory are counted by the code by which running scripts
tell their cost; prices and utilization are assumptions: change them.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from roots_tf.train.devices import quiet_stderr
from roots_tf.train.exits import bad_input_ends_the_program
from roots_tf.train.flags import option, parse


@dataclass(frozen=True)
class PlanOptions:
    """Options of ``python -m roots_tf.train.plan``."""

    sizes: str = option("small,xl", "of GPT-2: small, medium, large, xl")
    tokens: float = option(0.0, "to train on; 0: 20 a parameter", unit="tokens")
    gpus: int = option(8, "devices side by side, each with the whole model")
    utilization: float = option(0.4, "share of the peak that is reached")
    dollars: float = option(0.0, "price of a device an hour; 0: assumed prices")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table for each size."""
    options = parse(PlanOptions, "python -m roots_tf.train.plan", __doc__, arguments)
    with quiet_stderr():
        from roots_tf.trends.training_plan import (
            GPUS,
            SIZES,
            TOKENS_A_PARAMETER,
            Assumptions,
            plan_training,
        )
    from roots_tf.trends.training_cost import training_flops

    with bad_input_ends_the_program():
        sizes = options.sizes.split(",")
        if unknown := [size for size in sizes if size not in SIZES]:
            raise ValueError(
                f"--sizes: expected some of {', '.join(SIZES)}, got {unknown[0]!r}"
            )
        assumptions = Assumptions(options.utilization, options.gpus, options.dollars)
        plans = {
            size: {
                name: plan_training(SIZES[size], options.tokens, gpu, assumptions)
                for name, gpu in GPUS.items()
            }
            for size in sizes
        }
    for size, by_gpu in plans.items():
        config = SIZES[size]
        parameters = config.parameter_count
        tokens = options.tokens or TOKENS_A_PARAMETER * parameters
        print(
            f"\nGPT-2 {size}: {parameters:,} parameters, {tokens:,.0f} tokens of "
            f"contexts of {config.max_positions:,}; by 6 N D "
            f"{training_flops(parameters, tokens):.3g} FLOP"
        )
        print("| GPU | texts at once | GiB | FLOP | hours | dollars |")
        print("| --- " * 6 + "|")
        for name, plan in by_gpu.items():
            cells = [f"{options.gpus} x {name}", "none fits"]
            cells.append(f"{plan.memory:.1f} of {GPUS[name].memory:g}")
            cells += [f"{plan.flops:.3g}", "-", "-"]
            if plan.fits:
                again = ", recomputed" if plan.recompute else ""
                cells[1] = f"{plan.batch_size}{again}"
                cells[-2:] = f"{plan.hours:,.1f}", f"{plan.dollars:,.0f}"
            print("| " + " | ".join(cells) + " |")
    print(
        f"\nAt {options.utilization:.0%} of the peak; mixed precision, Adam, data "
        "parallel. Prices are assumed: --dollars gives yours. Where none fits, the "
        "model must be spread over devices, which this project does not do."
    )


if __name__ == "__main__":
    sys.exit(main())
