"""A column of pictures to a matrix."""

from numbers import Integral

import numpy as np
from sklearn.utils import get_tags
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.features._blocks import Block
from mmclassic.features._descriptors import DescriptorVectorizer
from mmclassic.features.image._augment import variant
from mmclassic.features.image._decode import read_picture
from mmclassic.features.image._recipes import DEFAULT_RECIPE, RECIPES
from mmclassic.features.image._resize import as_color
from mmclassic.utils import POSITIVE_INTEGER, RANDOM_STATE


class ImageVectorizer(DescriptorVectorizer):
    """Describe pictures by shape and colour.

    Every picture is decoded once, brought to one size, and handed to all
    descriptors. Their columns are brought to scales at which none drowns the others,
    and are joined.

    Parameters
    ----------
    descriptors : list of (str, descriptor) or str, default=None
        Names and descriptors: transformers from uint8 batches
        ``(n, height, width, 3)`` to ``(n, n_features)``, or a `Block` of one, which says
        how its columns are scaled; a bare one has rows of Euclidean length 1. Their
        parameters are reached as ``name__parameter``. A str is the name of a recipe:
        "gist", which None stands for, "compact" or "rows"; see Notes.
    size : tuple of 2 int, default=(128, 128)
        Height and width that every picture is resized to, pixels.
    crop : {"center", "fit"}, default=None
        How pictures of other proportions meet `size`. None stretches them;
        "center" takes the largest centred part with the proportions of `size`;
        "fit" keeps the whole picture and its proportions, and fills the margins
        with `background`.
    denoise : bool, default=False
        Replace every pixel of the resized picture by the median of the 3 x 3
        pixels around it, channel by channel.
    background : str or tuple of 3 int, default="white"
        What transparent pixels and the margins of "fit" show: a CSS name,
        "#rrggbb", or RGB values from 0 to 255.
    max_pixels : int > 0, default=None
        A picture of more pixels (height times width) is refused before it is
        decoded. Pillow's own limit ``PIL.Image.MAX_IMAGE_PIXELS`` (89 million)
        holds as well, and alone if this is None.
    augment : int >= 0, default=0
        Random variants of every picture that descriptors which learn see at `fit`,
        besides the picture itself: mirrored in one of two cases, a part of 80 to
        100 % of either side, with noise of up to 8 grey levels. The rows of the
        result are always those of the pictures themselves.
    fit_pictures : int > 0, default=500
        Pictures, drawn at random, that descriptors which learn see at most; each
        with its variants.
    random_state : int, RandomState instance or None, default=None
        Draws these pictures and their variants. What a descriptor draws itself
        depends on its own parameter.
    scale : bool, default=True
        Bring the descriptors to their scales and weights (`Block`); otherwise columns
        are as the descriptors give them.
    on_error : {"raise", "missing"}, default="raise"
        What a cell that cannot be used does: raise `CellError`, or count as
        missing, with one `CellWarning` at the end.
    n_jobs : int, default=None
        Threads; None is 1, -1 all cores.
    progress : bool, default=False
        Show a progress line on standard error.
    cache : str or path, default=None
        A folder in which features are kept and found again by the content of a
        file and the parameters; several processes may share it. None keeps
        nothing. Old entries are never removed: delete the folder to start anew.

    Attributes
    ----------
    blocks_ : dict
        The blocks in use, by name; a bare descriptor makes one with ``scaling="rows"``.
    descriptors_ : dict
        The descriptors in use, by name.
    widths_ : dict
        Number of features of every descriptor, by name.
    scaler_ : object or None
        What brings the blocks to their scales; None without.
    failures_ : DataFrame
        The cells that `fit` could not use: row, column, path, reason.

    Notes
    -----
    A cell is a path, the bytes of a picture file, an array ``(h, w)``,
    ``(h, w, 3)`` or ``(h, w, 4)``, or a PIL image. In all of these, white is True, 255
    or 65535 in bool, uint8 and uint16, and 1 in floats, which must lie in [0, 1]; other
    integers are taken if they fit the scale of 8 bits, of 16 bits or of their type and no
    other, and refused otherwise (the guide has the table).
    EXIF rotation is applied; transparent pixels are laid on the background; palettes and
    CMYK are converted; of an animation the first frame counts; a truncated file is an error.
    Large pictures are converted in strips: reading takes less than 6 bytes a pixel and
    100 MB, if the decoder does not need more. Pictures are
    resized with Pillow's antialiased triangle filter. A JPEG file much larger
    than `size` is decoded at a half, a quarter or an eighth, of which no side falls
    more than seven thirty-seconds short of `size`: this saves much of the time and
    moves values no more than another filter would, a few grey levels. With the extra
    ``fast`` such files go through simplejpeg, if that gives the same pixels as Pillow
    on this machine.

    The recipes, with (scaling, weight) of their blocks (`Block`), and the columns there are
    at a `size` of 128 x 128:

    ========= =====================================================================
    "gist"    `HOG` of 4 x 4 cells ("block", 1), ``ColorHistogram(5, root=4)`` ("rows", 1)
              and ``GIST()`` ("features", 0.5): 737 columns, the best neighbours
    "compact" the first two ("block", 1; "rows", 0.5): 449 columns, the fastest
    "rows"    ``HOG(pixels_per_cell=(16, 16))`` and ``ColorHistogram(root=True)`` (both
              "rows", 1): 2,276 columns, learns nothing from the column
    ========= =====================================================================

    The first two learn scales from the fitted column, and have the same number of columns for
    any size. They were chosen for their neighbours on emoji, flags, digits and generated
    pictures (the benchmark `pictures`). Row sums of squares are not 1: compare by cosine.

    At most 32 pictures per worker are in memory at a time. A descriptor that
    learns, such as `VisualWords`, gets a sample of `fit_pictures`, which is
    decoded first and held in memory: ``height * width * 3`` bytes for each
    picture and variant. Without such a descriptor nothing is read twice, and
    `augment` is refused, because it would change nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import ImageVectorizer
    >>> gray = np.full((20, 30), 128, dtype=np.uint8)
    >>> block = ImageVectorizer().fit_transform([gray, None])
    >>> block.shape
    (2, 737)
    >>> bool(np.isnan(block[1]).all())
    True
    """

    _parameter_constraints: dict = {
        **DescriptorVectorizer._parameter_constraints,
        "descriptors": [list, tuple, StrOptions(set(RECIPES)), None],
        "size": [tuple, list],
        "crop": [StrOptions({"center", "fit"}), None],
        "denoise": ["boolean"],
        "background": [str, tuple, list],
        "max_pixels": [*POSITIVE_INTEGER, None],
        "augment": [Interval(Integral, 0, None, closed="left")],
        "fit_pictures": POSITIVE_INTEGER,
        "random_state": RANDOM_STATE,
    }

    _default_recipe = DEFAULT_RECIPE

    def __init__(
        self,
        descriptors=None,
        *,
        size=(128, 128),
        crop=None,
        denoise=False,
        background="white",
        max_pixels=None,
        augment=0,
        fit_pictures=500,
        random_state=None,
        scale=True,
        on_error="raise",
        n_jobs=None,
        progress=False,
        cache=None,
    ):
        self.descriptors = descriptors
        self.size = size
        self.crop = crop
        self.denoise = denoise
        self.background = background
        self.max_pixels = max_pixels
        self.augment = augment
        self.fit_pictures = fit_pictures
        self.random_state = random_state
        self.scale = scale
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.progress = progress
        self.cache = cache

    def _recipe_of(self, name):
        return RECIPES[name](tuple(self.size))

    def _as_block(self, descriptor):
        return Block(descriptor, scaling="rows")

    def _fit_descriptors(self, cells):
        size = tuple(self.size)
        whole = all(isinstance(s, (int, np.integer)) and s >= 1 for s in size)
        if len(size) != 2 or not whole:
            raise ValueError(f"size must be (height, width) in pixels, at least 1; got {size!r}.")
        as_color(self.background)
        self.blocks_ = self._clone_blocks()
        learning = [d for d in self.descriptors_.values() if get_tags(d).requires_fit]
        if self.augment and not learning:
            raise ValueError(
                f"augment={self.augment} changes what descriptors learn, and none of "
                f"{list(self.descriptors_)} learns anything. Leave it at 0, or add a descriptor "
                "that learns, such as VisualWords."
            )
        pictures = self._pictures_to_learn_from(cells) if learning else None
        blank = np.zeros((1, *size, 3), dtype=np.uint8)
        for descriptor in self.descriptors_.values():
            descriptor.fit(pictures if descriptor in learning else blank)
        self.widths_ = {
            name: descriptor.transform(blank).shape[1]
            for name, descriptor in self.descriptors_.items()
        }

    def _pictures_to_learn_from(self, cells):
        """A random sample of the pictures that can be used, and their variants."""
        pictures, random_state = self._sample(cells, self._read, self.fit_pictures)
        variants = [variant(p, random_state) for p in pictures for _ in range(self.augment)]
        return np.stack(pictures + variants)

    def _read(self, cell):
        return read_picture(
            cell,
            self.size,
            crop=self.crop,
            denoise=self.denoise,
            background=self.background,
            max_pixels=self.max_pixels,
        )

    def _describe(self, contents):
        batch = np.stack(contents)
        parts = [d.transform(batch) for d in self.descriptors_.values()]
        return np.concatenate(parts, axis=1, dtype=np.float32)
