"""What the benchmark of the linear family compares: each method as one function.

A method gets the training views, fits, and returns what maps views to the shared space. Imports are
inside the functions, because the process that measures a peer may lack the other peers.
"""

# ruff: noqa: PLC0415

import numpy as np


def gemm_floor(views, n_components):
    """Only the products no method can do without: all second moments, and the projections."""
    for i, a in enumerate(views):
        for b in views[i:]:
            a.T @ b
    weights = [np.ones((view.shape[1], n_components), dtype=view.dtype) for view in views]
    return lambda blocks: [block @ w for block, w in zip(blocks, weights)]


def _ours(estimator, views):
    from mmclassic.views import Views

    estimator.fit(Views.from_arrays(*views))

    def transform(blocks):
        space = estimator.transform(Views.from_arrays(*blocks))
        return [space[name] for name in space.names]

    return transform


def ours_cca(views, n_components):
    """mmclassic.align.CCA without a ridge."""
    from mmclassic.align import CCA

    return _ours(CCA(n_components, ridge=0.0), views)


def ours_cca_ridge(views, n_components):
    """mmclassic.align.CCA with a small ridge."""
    from mmclassic.align import CCA

    return _ours(CCA(n_components, ridge=0.01), views)


def ours_gcca(views, n_components):
    """mmclassic.align.GCCA without a ridge."""
    from mmclassic.align import GCCA

    return _ours(GCCA(n_components, ridge=0.0), views)


def ours_pls(views, n_components):
    """mmclassic.align.PLS."""
    from mmclassic.align import PLS

    return _ours(PLS(n_components), views)


def sklearn_cca(views, n_components):
    """sklearn.cross_decomposition.CCA (NIPALS)."""
    from sklearn.cross_decomposition import CCA

    model = CCA(n_components, scale=False).fit(*views)
    return lambda blocks: model.transform(*blocks)


def sklearn_pls_svd(views, n_components):
    """sklearn.cross_decomposition.PLSSVD."""
    from sklearn.cross_decomposition import PLSSVD

    model = PLSSVD(n_components, scale=False).fit(*views)
    return lambda blocks: model.transform(*blocks)


def cca_zoo_cca(views, n_components):
    """cca_zoo.linear.CCA."""
    from cca_zoo.linear import CCA

    return CCA(n_components).fit(views).transform


def cca_zoo_mcca(views, n_components):
    """cca_zoo.linear.MCCA."""
    from cca_zoo.linear import MCCA

    return MCCA(n_components).fit(views).transform


def cca_zoo_gcca(views, n_components):
    """cca_zoo.linear.GCCA."""
    from cca_zoo.linear import GCCA

    return GCCA(n_components).fit(views).transform


def svd_then_cca_zoo(views, n_components):
    """sklearn.decomposition.TruncatedSVD of the sparse view to 256, then cca_zoo.linear.CCA."""
    from cca_zoo.linear import CCA
    from sklearn.decomposition import TruncatedSVD

    svd = TruncatedSVD(256, random_state=0)
    model = CCA(n_components).fit([svd.fit_transform(views[0]), views[1]])
    return lambda blocks: model.transform([svd.transform(blocks[0]), blocks[1]])


def mvlearn_cca(views, n_components):
    """mvlearn.embed.CCA."""
    from mvlearn.embed import CCA

    return CCA(n_components=n_components).fit(views).transform


def mvlearn_mcca(views, n_components):
    """mvlearn.embed.MCCA."""
    from mvlearn.embed import MCCA

    return MCCA(n_components=n_components).fit(views).transform
