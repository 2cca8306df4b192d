from ._columns import columns_of, file_columns_of
from ._model import MultimodalRecommender

__all__ = ["MultimodalRecommender", "columns_of", "file_columns_of"]
