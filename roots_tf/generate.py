"""Goes on with a text: ``python -m roots_tf.generate DIR --prompt "Once upon"``.

A T5 fills the gaps of a text: ``--prompt "Once <extra_id_0> a <extra_id_1>"``.

Article: §6 (4. 文本生成), §9.3 (如何应用大规模语言模型).
"""

import argparse
import sys
from collections.abc import Sequence

from roots_tf.train.devices import quiet_stderr
from roots_tf.train.exits import bad_input_ends_the_program
from roots_tf.train.flags import OneLineParser
from roots_tf.train.standard_input import stdin_lines

LARGEST_SEED = 2**31 - 1  # TensorFlow draws from a pair of int32


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints each prompt and then its continuation, token by token; or fills it."""
    options = _parser().parse_args(arguments)
    try:
        with bad_input_ends_the_program():
            _generate(options)
    except KeyboardInterrupt:
        print()
        sys.exit(130)


def _generate(options: argparse.Namespace) -> None:
    if options.length < 0:
        raise ValueError(f"--length: expected 0 or more, got {options.length}")
    if not 0 <= options.seed <= LARGEST_SEED:
        raise ValueError(f"--seed: expected 0 to {LARGEST_SEED}, got {options.seed}")
    with quiet_stderr():
        from roots_tf.applications.gap_filling import GapFiller, is_gap_filler
        from roots_tf.applications.text_generation import TextGenerator
        from roots_tf.decoding.sampling import SamplingRule
    rule = SamplingRule(
        temperature=0 if options.greedy else options.temperature,
        top_k=options.top_k,
        top_p=options.top_p,
        repetition_penalty=options.repetition_penalty,
    )
    fills = is_gap_filler(options.folder)
    generator = (GapFiller if fills else TextGenerator).load(options.folder)
    prompts = [options.prompt] if options.prompt is not None else list(stdin_lines())
    for prompt in prompts:
        generator.encode(prompt)  # all are checked before the first is printed
    for prompt in prompts:
        if fills:
            print(generator.fill(prompt, options.length, rule, options.seed))
            continue
        print(prompt, end="", flush=True)
        for piece in generator.stream(prompt, options.length, rule, options.seed):
            print(piece, end="", flush=True)
        print()


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m roots_tf.generate",
        description="Goes on with a text, with a trained GPT, or fills its gaps "
        "<extra_id_0>, <extra_id_1> and so on, with a trained T5.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "folder",
        help="the model folder that a training run printed, or a published GPT-2 or T5",
    )
    parser.add_argument(
        "--prompt", help="how the text begins; without it, each line of standard input"
    )
    parser.add_argument("--length", type=int, default=200, help="most tokens to add")
    parser.add_argument(
        "--temperature",
        type=float,
        default=0.8,
        help="1: the model's distribution; lower is sharper; 0 is --greedy",
    )
    parser.add_argument(
        "--top-k", type=int, default=0, help="draw from so many tokens; 0 for all"
    )
    parser.add_argument(
        "--top-p",
        type=float,
        default=1.0,
        help="draw from the fewest tokens that are so probable together; 1 for all",
    )
    parser.add_argument(
        "--repetition-penalty",
        type=float,
        default=1.0,
        help="over 1: tokens of the text so far become less probable",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draws")
    parser.add_argument(
        "--greedy", action="store_true", help="always the most probable token"
    )
    return parser


if __name__ == "__main__":
    main()
