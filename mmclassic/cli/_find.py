"""``mmclassic recommend``, ``similar`` and ``search``: items from a saved model."""

from mmclassic.cli._arguments import chosen_format
from mmclassic.cli._models import as_id, file_columns, kept_texts, load_model, with_kept_columns
from mmclassic.cli._output import BECAUSE, check_output, write_table


def recommend(options):
    """Items for users."""
    check_output(options.output, options.model)
    model = load_model(options.model)
    users = history = None
    if options.user:
        users = [as_id(user, model.recommender_.user_ids_, "user") for user in options.user]
    if options.liked:
        history = [as_id(item, model.item_ids_, "item") for item in options.liked]
    ranked = model.recommend(users, options.k, history=history, where=options.where)
    if options.explain:
        ranked[BECAUSE] = [
            _in_short(model.explain(row.user_id, row.item_id)) for row in ranked.itertuples()
        ]
    _write(ranked, model, options, "Recommended items")


def similar(options):
    """Items like other items."""
    check_output(options.output, options.model)
    model = load_model(options.model)
    ids = [as_id(item, model.item_ids_, "item") for item in options.item]
    _write(model.similar(ids, options.k), model, options, "Items like others")


def search(options):
    """Items for a text, a picture, a sound or several of them."""
    check_output(options.output, options.model)
    model = load_model(options.model)
    query = {name: getattr(options, name) for name in ("text", "image", "audio")}
    query = {name: value for name, value in query.items() if value is not None}
    found = model.search(k=options.k, target=options.target, **query)
    asked = ", ".join(f"{name} {value!r}" for name, value in query.items())
    # Of one query, so that it is the same in every row; what was read as what is told anyway.
    found = found.drop(columns=["query"] if found["weak"].any() else ["query", "weak"])
    _write(found, model, options, f"Items found by {asked}")


def _write(found, model, options, title):
    columns = options.columns
    if columns is None and chosen_format(options) == "html":
        columns = kept_texts(model)
    if columns is not None:
        found = with_kept_columns(found, model, columns)
    write_table(found, options, title=title, files=file_columns(model))


def _in_short(parts, n_parts=3):
    """The largest parts of an explanation in one line."""
    top = parts.head(n_parts)
    return "; ".join(
        f"{row.contribution:+.3f} {row.view} ~ {row.item_id}" for row in top.itertuples()
    )
