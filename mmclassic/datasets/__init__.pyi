from ._catalog import Catalog, make_catalog
from ._countries import fetch_countries_flags
from ._digits import load_digits_trimodal
from ._fetch import get_data_home
from ._fsdd import fetch_fsdd
from ._mfeat import fetch_uci_mfeat
from ._openmoji import fetch_openmoji
from ._wikipedia import fetch_wikipedia

__all__ = [
    "Catalog",
    "fetch_countries_flags",
    "fetch_fsdd",
    "fetch_openmoji",
    "fetch_uci_mfeat",
    "fetch_wikipedia",
    "get_data_home",
    "load_digits_trimodal",
    "make_catalog",
]
