"""What the privacy script prints: both trainings side by side, and what chance gives.

Article: §8.4 (隐私保护与安全性).
"""

import numpy as np

from roots_tf.trends.canaries import CANDIDATES, chance_interval, exposure
from roots_tf.trends.membership_inference import largest_auc


def metrics_of(results: dict[str, dict], epsilon: float) -> dict[str, float]:
    """Gives the final metrics by name, those of the private training without prefix."""
    metrics = {"epsilon": epsilon}
    metrics["untrained_mean_rank"] = float(np.mean(results["untrained"]["ranks"]))
    for arm, prefix in (("private", ""), ("plain", "plain_")):
        result = results[arm]
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
    plain, private = results["plain"], results["private"]
    count = len(canaries)
    low, high = chance_interval(count)

    def auc(result):
        interval = result["auc"]
        ends = f"{interval['low']:.3f} to {interval['high']:.3f}"
        return f"{interval['estimate']:.3f} ({ends})"

    rows = [
        ("", "plain", f"private, epsilon {epsilon:.2f}, delta {delta:g}"),
        ("---", "---", "---"),
        ("perplexity, texts never seen", *_both(results, "perplexity", ".1f")),
        ("perplexity, texts trained on", *_both(results, "member_perplexity", ".1f")),
        *(
            (name, *(f"{of(np.array(r['ranks'])):.1f}" for r in (plain, private)))
            for name, of in (
                (f"mean rank of a secret in {CANDIDATES:,}", np.mean),
                ("mean exposure, bits", lambda r: np.mean([exposure(x) for x in r])),
            )
        ),
        (
            f"secrets in the first place, of {count}",
            *(str(sum(x == 1 for x in r["ranks"])) for r in (plain, private)),
        ),
        ("membership AUC (95 %)", auc(plain), auc(private)),
        ("members found at 1 % false alarms", *_both(results, "caught", ".1%")),
    ]
    untrained = np.mean(results["untrained"]["ranks"])
    inside = low <= np.mean(private["ranks"]) <= high
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines += [
        "",
        f"Chance: a mean rank of {low:.0f} to {high:.0f}, an exposure of 1.4 bits; "
        f"before training the mean rank is {untrained:.0f}. The private model's is "
        f"{'within' if inside else 'OUTSIDE'} chance. No attack on one text can have "
        f"an AUC over {largest_auc(epsilon, delta):.3f} at this epsilon.",
        "",
        "| secret | rank before training | plain | private |",
        "| --- | --- | --- | --- |",
    ]
    columns = zip(
        canaries, *(results[a]["ranks"] for a in ("untrained", "plain", "private")),
        strict=True,
    )  # fmt: skip
    lines += [f"| {c.text} | {a} | {b} | {d} |" for c, a, b, d in columns]
    return "\n".join(lines)


def _both(results: dict[str, dict], name: str, form: str) -> tuple[str, str]:
    return tuple(format(results[arm][name], form) for arm in ("plain", "private"))
