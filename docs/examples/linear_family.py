"""The linear aligners side by side: quality, missing views, streaming and prediction.

Three views of one hidden signal stand in for pictures, texts and sounds. Everything is scored on
rows that no aligner has seen.
"""

import numpy as np

from mmclassic.align import CCA, GCCA, PLS, Procrustes, RidgeMapping, similarity
from mmclassic.metrics import retrieval_recall_at_k
from mmclassic.views import Views

rng = np.random.default_rng(0)
n_known, n_new, rank = 600, 200, 8
hidden = rng.normal(size=(n_known + n_new, rank))
blocks = {
    name: hidden @ rng.normal(size=(rank, width)) + 2.0 * rng.normal(size=(len(hidden), width))
    for name, width in {"image": 40, "text": 30, "sound": 20}.items()
}
views = Views(blocks)
known, new = views[:n_known], views[n_known:]

aligners = {
    "CCA": CCA(rank),
    "CCA, ridge 1": CCA(rank, ridge=1.0),
    "GCCA": GCCA(rank),
    "PLS": PLS(rank),
    "RidgeMapping": RidgeMapping("text", ridge="cv"),
    "Procrustes": Procrustes("text"),
}
print(f"sound -> image among {n_new} new rows; chance: recall@10 0.05\n")
print(f"{'':<20}{'width':>6}{'recall@10':>12}")
for name, aligner in aligners.items():
    space = aligner.fit(known).transform(new)
    recall = retrieval_recall_at_k(similarity(space["sound"], space["image"]), k=10)
    print(f"{name:<20}{aligner.n_components_:>6}{recall:>12.2f}")

print("\nHalf of the cells missing: held-out correlation")
present = rng.random((n_known, 3)) >= 0.5
partly = Views(known.blocks, present)
complete = partly[present.all(axis=1)]
for label, rows in {
    "all rows": partly,
    f"the {len(complete)} complete rows alone": complete,
    "had nothing been missing": known,
}.items():
    print(f"  {label:<34}{CCA(rank).fit(rows).score(new):.3f}")

print("\nThe same rows in pieces, from two workers:")
workers = [CCA(rank, ridge=0.1), CCA(rank, ridge=0.1)]
for i, start in enumerate(range(0, n_known, 100)):
    workers[i % 2].partial_fit(known[start : start + 100])
merged = workers[0].merge(workers[1])
whole = CCA(rank, ridge=0.1).fit(known)
difference = np.abs(merged.canonical_correlations_ - whole.canonical_correlations_).max()
print(f"  largest difference of the correlations from fit: {difference:.0e}")

print("\nPredict a text's columns from picture and sound:")
for sources in (["image"], ["sound"], ["image", "sound"]):
    error = new["text"] - whole.predict_view(new.select(*sources), target="text")
    explained = 1 - error.var() / new["text"].var()
    print(f"  from {' and '.join(sources):<16} {explained:.2f} of the variance")
