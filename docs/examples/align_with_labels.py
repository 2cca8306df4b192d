"""Alignment that knows classes: halves of digits find each other, and wrong pairs show.

The upper half of a handwritten digit is one view, the lower half another. Which lower halves belong
to a digit that is seen by its upper half alone? Settings are chosen by a grid search
on the training digits; the scores are on digits that no model has seen.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

from mmclassic.align import CCA, DiscriminantCCA, KernelCCA, SemanticMatching, consistency
from mmclassic.metrics import retrieval_scorer
from mmclassic.views import Views

pixels, digit = load_digits(return_X_y=True)
views = Views({"upper": pixels[:, :32] / 16, "lower": pixels[:, 32:] / 16})
train, test, digit_train, digit_test = train_test_split(
    views, digit, train_size=500, test_size=300, random_state=0, stratify=digit
)

logistic = SemanticMatching(LogisticRegression(max_iter=500))
ridge = {"align__ridge": [0.1, 1.0]}
strength = {"match__classifier__C": [0.1, 1.0]}
models = {
    "CCA": (CCA(10), ridge, None),
    "KernelCCA": (KernelCCA(10, n_landmarks=100), ridge, None),
    "DiscriminantCCA": (DiscriminantCCA(), ridge, None),
    "SemanticMatching": ("passthrough", strength, logistic),
    "CCA, then SemanticMatching": (CCA(10), strength, logistic),
}
print("mean average precision of halves that find halves of the same digit; chance: 0.11\n")
scorer = retrieval_scorer()  # compares rows as each aligner says
for name, (aligner, grid, matching) in models.items():
    steps = [("align", aligner), ("match", matching or "passthrough")]
    search = GridSearchCV(Pipeline(steps), grid, scoring=scorer, cv=3).fit(train, digit_train)
    print(f"{name:<28}{scorer(search, test, digit_test):.2f}   {search.best_params_}")

# Ten digits get the lower half of another digit. How easily would chance agree as well?
mixed = np.arange(len(test))
mixed[:10] = np.roll(mixed[:10], 1)
pairs = Views({"upper": test["upper"], "lower": test["lower"][mixed]})
chosen = SemanticMatching().fit(train, digit_train)
judged = consistency(chosen.transform(pairs), metric=chosen.similarity_metric)
wrong = digit_test[mixed] != digit_test
p_value = judged["p_value"]
print(f"\nmedian p-value of right pairs {p_value[~wrong].median():.2f},", end=" ")
print(f"of wrong ones {p_value[wrong].median():.2f}")
