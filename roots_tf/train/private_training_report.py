"""What the privacy script prints: the trainings side by side, and what chance gives.

Article: §8.4 (隐私保护与安全性).
"""

import numpy as np

from roots_tf.trends.canaries import CANDIDATES, chance_interval, exposure
from roots_tf.trends.membership_inference import largest_auc


def metrics_of(results: dict[str, dict], epsilon: float) -> dict[str, float]:
    """Gives the final metrics by name, those of the private training without prefix."""
    metrics = {"epsilon": epsilon}
    stages = (("private", ""), ("plain", "plain_"), ("public", "public_"))
    for stage, prefix in stages:
        result = results[stage]
        ranks = result["ranks"]
        metrics |= {
            f"{prefix}perplexity": result["perplexity"],
            f"{prefix}member_perplexity": result["member_perplexity"],
            f"{prefix}mean_rank": float(np.mean(ranks)),
            f"{prefix}mean_exposure": float(np.mean([exposure(r) for r in ranks])),
            f"{prefix}first_places": sum(r == 1 for r in ranks),
            f"{prefix}membership_auc": result["auc"]["estimate"],
            f"{prefix}caught_at_1_percent": result["caught"],
        }
    return metrics


def report(results: dict[str, dict], canaries, epsilon: float, delta: float) -> str:
    """Gives the table of results, and that of the canaries, in Markdown."""
    stages = [results[name] for name in ("public", "plain", "private")]
    ranks = [np.array(result["ranks"]) for result in stages]
    low, high = chance_interval(len(canaries))

    def each(name, form):
        return [format(result[name], form) for result in stages]

    rows = [
        ("", "public texts alone", "and plainly the private ones",
         f"and privately, epsilon {epsilon:.2f}, delta {delta:g}"),
        ("---",) * 4,
        ("perplexity, texts never seen", *each("perplexity", ".1f")),
        ("perplexity, private texts", *each("member_perplexity", ".1f")),
        (f"mean rank of a secret in {CANDIDATES:,}",
         *(f"{of.mean():.1f}" for of in ranks)),
        ("mean exposure, bits",
         *(f"{np.mean([exposure(rank) for rank in of]):.1f}" for of in ranks)),
        (f"secrets in the first place, of {len(canaries)}",
         *(str((of == 1).sum()) for of in ranks)),
        ("membership AUC (95 %)",
         *("{estimate:.3f} ({low:.3f} to {high:.3f})".format(**result["auc"])
           for result in stages)),
        ("members found at 1 % false alarms", *each("caught", ".1%")),
    ]  # fmt: skip
    inside = low <= ranks[-1].mean() <= high
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines += [
        "",
        f"Chance: a mean rank of {low:.0f} to {high:.0f}, an exposure of 1.4 bits. The "
        f"private model's rank is {'within' if inside else 'OUTSIDE'} chance. "
        "No attack on one text can have an AUC over "
        f"{largest_auc(epsilon, delta):.3f} at this epsilon.",
        "",
        "| secret | rank, public | plain | private |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {canary.text} | {public} | {plain} | {private} |"
        for canary, public, plain, private in zip(canaries, *ranks, strict=True)
    ]
    return "\n".join(lines)
