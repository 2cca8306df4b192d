"""What stands in the way of a solution while rows are still coming."""


class UnsolvableError(ValueError):
    """The rows seen so far allow no solution; more rows may.

    `fit` hands it on. `partial_fit` and `merge` keep the rows and its message, which reading
    then shows.
    """
