"""What every estimator that hands on Views shares."""

from sklearn.base import BaseEstimator, TransformerMixin


class ViewsTransformerMixin(TransformerMixin):
    """Transformer whose output may be Views.

    scikit-learn's automatic ``set_output`` wrapping builds a table from what a
    transformer returns; Views are not a table, so the wrapping is off for every
    subclass and `set_output` leaves the containers as they are.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def set_output(self, *, transform=None):
        """Accept the request and change nothing: Views carry their own names.

        A pipeline passes ``set_output`` to all its steps; the steps from the
        fuser on follow it.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Container of the steps that give a matrix.

        Returns
        -------
        self : object
            The estimator.
        """
        return self


class ViewsEstimator(BaseEstimator):
    """Tags of every estimator that takes Views or one matrix, dense or CSR."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
