"""The model card of a text-generation run: data, sizes, scores, time, and the command that made it."""

from __future__ import annotations

from typing import Any


def card(config: dict[str, Any], result: dict[str, Any], sample: str, reach: str | None) -> str:
    """The text of the run's README.md."""
    data, model, training = config["data"], config["model"], config["training"]
    score, baseline = result["validation"], result["validation"]["baseline"]
    bits = ("bits_per_character", "bits per character")
    rows = [("loss", "loss, nats a token"), ("perplexity", "perplexity"), bits]
    rows += [("accuracy", "accuracy of the next token"), ("top_5_accuracy", "… among the five likeliest")]
    table = "\n".join(f"| {title} | {_number(score[key])} | {_number(baseline[key])} |" for key, title in rows)
    options = ", ".join(
        f"{name} {value}" for name, value in {**model, **training}.items() if value not in (None, False)
    )
    unit = "" if data["sequence"] == "stream" else f", {data['sequence']} by {data['sequence']}"
    end = f"the last {score['tokens']:,} tokens of the training text, which were not learned from"
    valid = ", ".join(config["files"]["valid"] or []) or end
    return f"""# A {data["level"]} language model, made with rnnkit

A recurrent network ({model["layers"]} × {model["hidden"]} {model["cell"]}, {result["parameters"]:,} parameters)
that predicts the next {data["level"]} of a text{unit}, and so generates text.

| on the validation text | this model | {baseline["name"]}, order {baseline["order"]} |
| --- | --- | --- |
{table}

Counted over {score["tokens"]:,} tokens ({score["unknown_tokens"]:,} unknown), {score["characters"]:,} characters.

## Data

- training: {", ".join(config["files"]["train"])}: {result["tokens"]:,} tokens, {result["characters"]:,} characters,
  {result["unknown_tokens"]:,} unknown tokens
- validation: {valid}
- vocabulary: {result["vocabulary"]:,} pieces

## Training

- {result["steps"]:,} steps, {result["epochs"]:.2f} epochs, {result["seconds"]:.0f} s of training and validation
- the best weights are those of step {result["best_step"]:,}
- {reach or "how far gradients reach was not measured"}

Every option:

```
{options}
```

Made by:

```
{config["command"] or "made from Python"}
```

## Sample

```
{sample}
```

## Limits

The model repeats what its training text is like, its mistakes and prejudices too, and can give parts of it
word for word; `rnnkit predict RUN TEXT --overlap TRAINING-TEXT` shows the longest such part.
"""


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
