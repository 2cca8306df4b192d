"""What the blocks of a vectorizer of sounds make of clips: their columns and their rows."""

import numpy as np

from mmclassic.features.audio._audio_block import AudioBlock
from mmclassic.features.audio._pooling import (
    MEAN_AND_STD,
    check_pooling,
    normalize_frames,
    pool_segments,
    pooled_names,
)
from mmclassic.features.audio._protocol import (
    check_descriptor,
    feature_names,
    foreign_frames,
    foreign_row,
    is_shared,
    pools,
)
from mmclassic.features.audio._sounds import Sounds


def prepare_block(name, block, *, pooling, segments, normalize):
    """An AudioBlock; if it pools, with the vectorizer's own pooling and segments."""
    if not isinstance(block, AudioBlock):
        block = AudioBlock(block.descriptor, scaling=block.scaling, weight=block.weight)
    check_descriptor(block.descriptor, name)
    who = f"block {name!r} of AudioVectorizer"
    check_pooling(block.pooling, who)
    if not pools(block.descriptor):
        if (tuple(block.pooling), block.segments) != (MEAN_AND_STD, 1):
            raise ValueError(
                f"{who} has pooling={block.pooling!r} and segments={block.segments}, but its "
                f"descriptor {type(block.descriptor).__name__} gives one row for a clip, and "
                "there is nothing to pool; leave both at their defaults."
            )
        return block
    block.pooling = block.pooling if pooling is None else pooling
    block.segments = block.segments if segments is None else segments
    if normalize and block.segments == 1 and set(MEAN_AND_STD) & set(block.pooling):
        raise ValueError(
            "normalize=True of AudioVectorizer makes every mean 0 and every std 1; pool by "
            "percentiles, such as pooling=('p10', 'p50', 'p90'), or several segments; got "
            f"segments={block.segments} and pooling={block.pooling!r} of {name!r}."
        )
    return block


def columns_of(name, block):
    """Names of the features of a block."""
    names = feature_names(block.descriptor, name)
    if pools(block.descriptor):
        return pooled_names(names, block.pooling, block.segments)
    return names


def rows_of_blocks(blocks, widths, clips, sr, *, normalize):
    """By name of the block, one row for every clip; one clip only where a block is not shared."""
    sounds = Sounds(clips, sr)
    heard = {
        name: sounds.prepared(level=block.level, trim_db=block.trim_db)
        for name, block in blocks.items()
    }
    for name, block in blocks.items():
        if is_shared(block.descriptor):
            block.descriptor._announce(heard[name])
    return {
        name: _rows(name, block, heard[name], widths[name], normalize)
        for name, block in blocks.items()
    }


def _rows(name, block, sounds, width, normalize):
    descriptor = block.descriptor
    if not pools(descriptor):
        if is_shared(descriptor):
            return descriptor._rows(sounds)
        return foreign_row(descriptor, name, sounds, width)
    if is_shared(descriptor):
        frames, lengths = descriptor._frames(sounds)
    else:
        n_features = width // (len(block.pooling) * block.segments)
        frames = foreign_frames(descriptor, name, sounds, n_features)
        lengths = np.array([len(frames)])
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite fails its cell
        if normalize:
            frames = normalize_frames(frames, lengths)
        return pool_segments(frames, lengths, block.pooling, block.segments)
