"""The main job on a generated shop: files, features, alignment, fusion, recommendations."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from mmclassic.align import CCA
from mmclassic.cli._arguments import chosen_format
from mmclassic.datasets import make_catalog
from mmclassic.evaluate import ColdItemSplit, LeaveLastOut, evaluate
from mmclassic.features import (
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    NumericVectorizer,
    TextVectorizer,
)
from mmclassic.fuse import WeightedFusion
from mmclassic.interactions import Interactions
from mmclassic.pipeline import MultimodalRecommender
from mmclassic.recommend import KNNRecommender, PopularRecommender
from mmclassic.utils import measure
from mmclassic.views import Views

_COLUMNS = {"image": "picture", "text": "comment", "audio": "sound"}
_METRICS = ("precision", "recall", "f1", "ndcg")
_K = 10


def demo(options):
    """Run the whole way and report as it goes, or at the end as JSON."""
    as_json = chosen_format(options) == "json"
    report = run(
        n_items=options.items,
        n_users=options.users,
        folder=options.folder,
        random_state=options.seed,
        n_jobs=options.jobs,
        say=(lambda *_: None) if as_json else print,
    )
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=2))


def run(*, n_items, n_users, folder=None, random_state=0, n_jobs=-1, say=print):
    """Generate a shop, run the whole way on it and report, line by line, to `say`.

    The shop's files stay in `folder`; None is a temporary one. Gives stages, results and examples
    as plain lists.
    """
    if folder is not None:
        return _run(n_items, n_users, folder, random_state, n_jobs, say)
    with tempfile.TemporaryDirectory(prefix="mmclassic-") as temporary:
        return _run(n_items, n_users, Path(temporary), random_state, n_jobs, say)


def _run(n_items, n_users, folder, random_state, n_jobs, say):
    with measure("generate the shop (files)") as generated:
        catalog = make_catalog(
            n_items, n_users, folder=folder, n_jobs=n_jobs, random_state=random_state
        )
    items = catalog.items
    interactions = Interactions.from_frame(catalog.interactions, items=items["item_id"])
    chinese = items["comment"].str.contains(r"[\u4e00-\u9fff]", na=False).mean()
    say(
        f"A generated shop: {len(items):,} products, each with a 224x224 picture, a comment "
        f"({chinese:.0%} in Chinese) and a sound; {n_users:,} users, "
        f"{interactions.n_interactions:,} purchases."
    )
    stages, views = _run_stages(items, interactions, n_jobs)
    stages = [generated, *stages]
    vectors = _with_vectors(items, views)
    results = []
    for name, split in {
        "warm": LeaveLastOut(n_last=5),
        "cold items": ColdItemSplit(random_state=random_state),
    }.items():
        models = _models()
        with measure(f"evaluate, {name} ({len(models)} models)") as stage:
            table = evaluate(
                models, vectors, interactions, split, k=_K, metrics=_METRICS, random_state=0
            ).summary()
        stages.append(stage)
        results.append(table.assign(split=name))
        say(f"\n{_SPLITS[name]}\n\n{_as_table(table)}")
    with measure("fit the model, explain 3 recommendations") as stage:
        model = _model(["image", "text", "audio"]).fit(vectors, interactions)
        examples = _examples(model, items, interactions)
    stages.append(stage)
    say("\nTime and peak memory\n")
    say("\n".join(f"  {s.name:<42}{s.seconds:7.2f} s {s.peak_mib:7.0f} MiB" for s in stages))
    say("\nThree recommendations and what speaks for them\n")
    say("\n".join(_as_story(example) for example in examples))
    return {
        "stages": [{"name": s.name, "seconds": s.seconds, "peak_mib": s.peak_mib} for s in stages],
        "results": pd.concat(results).to_dict("records"),
        "examples": examples,
    }


_SPLITS = {
    "warm": "Warm: each user's last 5 purchases are held out; all unseen products are ranked.",
    "cold items": (
        "Cold: 20 % of the products are new. The model is fitted without them, then ranks them."
    ),
}


def _run_stages(items, interactions, n_jobs):
    """The main job step by step, measured; the features are kept for the comparisons."""
    extractor = ModalityExtractor(
        [
            ("image", ImageVectorizer(n_jobs=n_jobs), "picture"),
            ("text", TextVectorizer(), "comment"),
            ("audio", AudioVectorizer(n_jobs=n_jobs), "sound"),
        ]
    )
    with measure("files to features (default recipes)") as extraction:
        views = extractor.fit_transform(items)
    with measure("align (CCA)") as alignment:
        aligned = CCA().fit_transform(views)
    with measure("fuse (weighted average)") as fusion:
        fused = WeightedFusion().fit_transform(aligned)
    with measure("recommend (kNN, top 10 for every user)") as recommendation:
        present = np.column_stack([views.present, views.present.any(axis=1)])
        rows = Views({**views.blocks, "shared": fused}, present)
        KNNRecommender(derived=("shared",)).fit(rows, interactions).recommend(k=_K)
    return [extraction, alignment, fusion, recommendation], views


def _with_vectors(items, views):
    """Picture and sound features as columns of vectors, so that no model reads a file twice."""
    vectors = items[["item_id", "comment"]].copy()
    for name in ("image", "audio"):
        block, mask = views[name], views.mask(name)
        cells = [row if there else None for row, there in zip(block, mask)]
        vectors[_COLUMNS[name]] = pd.Series(cells, index=items.index, dtype=object)
    return vectors


def _model(names, **parts):
    makers = {
        "image": lambda: NumericVectorizer(scale=False),
        "text": TextVectorizer,
        "audio": lambda: NumericVectorizer(scale=False),
    }
    extractor = ModalityExtractor([(name, makers[name](), _COLUMNS[name]) for name in names])
    return MultimodalRecommender(extractor=extractor, **parts)


def _models():
    everything = ["image", "text", "audio"]
    return {
        "popular": PopularRecommender(),
        "image only": _model(["image"]),
        "text only": _model(["text"]),
        "audio only": _model(["audio"]),
        "concatenated": _model(everything, aligner="passthrough", similarity="shared"),
        "aligned and fused": _model(everything, similarity="shared"),
        "calibrated sum (default)": _model(everything),
    }


def _as_table(results):
    lines = [f"  {'':<26}" + "".join(f"{f'{m}@{_K}':<24}" for m in _METRICS)]
    for model, rows in results.groupby("model", sort=False):
        cells = [f"{r.value:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in rows.itertuples()]
        lines.append(f"  {model:<26}" + "".join(f"{cell:<24}" for cell in cells))
    n_users = results["n_users"].iloc[0]
    return "\n".join([*lines, f"  mean over {n_users} users [95 % bootstrap interval over users]"])


def _examples(model, items, interactions):
    """The best recommendation of three users, with its parts by modality and by liked item."""
    comments = items.set_index("item_id")["comment"]
    users = interactions.users[np.linspace(0, interactions.users.size - 1, 3).astype(int)]
    examples = []
    for row in model.recommend(users, 1).itertuples():
        parts = model.explain(row.user_id, row.item_id)
        liked = parts.groupby("item_id")["contribution"].sum().nlargest(2)
        examples.append(
            {
                "user_id": str(row.user_id),
                "item_id": str(row.item_id),
                "comment": _shorten(comments[row.item_id]),
                "score": float(row.score),
                "by_modality": parts.groupby("view")["contribution"].sum().to_dict(),
                "by_liked_item": [
                    {
                        "item_id": str(item),
                        "comment": _shorten(comments[item]),
                        "contribution": float(part),
                    }
                    for item, part in liked.items()
                ],
                "sum_of_parts": float(parts["contribution"].sum()),
            }
        )
    return examples


def _as_story(example):
    modalities = " + ".join(f"{name} {part:.3f}" for name, part in example["by_modality"].items())
    lines = [
        f"  {example['user_id']} <- {example['item_id']}: {example['comment']}",
        f"    score {example['score']:.3f} = {modalities}",
    ]
    lines += [
        f"    {part['contribution']:.3f} of it because of {part['item_id']}: {part['comment']}"
        for part in example["by_liked_item"]
    ]
    return "\n".join(lines)


def _shorten(text, length=70):
    text = "(no comment)" if pd.isna(text) else text
    return text if len(text) <= length else text[: length - 1] + "…"
