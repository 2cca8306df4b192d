"""Labels of tables as plain values, which any file format stores, and back."""

import datetime
import uuid
import zoneinfo
from contextlib import suppress
from decimal import Decimal
from pathlib import PurePath

import numpy as np
import pandas as pd

_KIND, _PARTS = "label", "parts"


class PlainLabelsMixin:
    """Store the labels in some attributes as plain values in pickles, skops files and copies.

    `_labels` names the attributes: labels, or containers of labels and of other things.
    """

    _labels: tuple = ()

    def __getstate__(self):
        state = super().__getstate__()
        return {n: pack_labels(v) if n in self._labels else v for n, v in state.items()}

    def __setstate__(self, state):
        state = {n: unpack_labels(v) if n in self._labels else v for n, v in state.items()}
        super().__setstate__(state)


def pack_labels(value):
    """Labels that only pandas or Python know become dicts of plain values; all else stays."""
    if type(value) in (list, tuple):
        return type(value)(map(pack_labels, value))
    if isinstance(value, np.ndarray) and value.dtype == object:
        return _each(pack_labels, value)
    for kind, (types, to_parts, _) in _KINDS.items():
        if type(value) in types:
            return {_KIND: kind, _PARTS: [pack_labels(part) for part in to_parts(value)]}
    if isinstance(value, PurePath):
        return str(value)
    return value


def unpack_labels(value):
    """The labels that `pack_labels` packed."""
    if type(value) in (list, tuple):
        return type(value)(map(unpack_labels, value))
    if isinstance(value, np.ndarray) and value.dtype == object:
        return _each(unpack_labels, value)
    if isinstance(value, dict) and set(value) == {_KIND, _PARTS}:
        return _KINDS[value[_KIND]][2](*map(unpack_labels, value[_PARTS]))
    return value


def _each(change, array):
    changed = np.empty(array.shape, dtype=object)
    for place, value in np.ndenumerate(array):
        changed[place] = change(value)
    return changed


def _to_timestamp(text, unit, zone):
    moment = pd.Timestamp(text)
    if zone is not None:
        with suppress(Exception):  # "tzlocal()" names no zone; the moment is right all the same
            moment = moment.tz_convert(zone)
    return moment.as_unit(unit)


def _to_datetime(text, zone):
    moment = datetime.datetime.fromisoformat(text)
    if zone is not None:
        with suppress(Exception):  # the zones of another system; the text has the offset
            moment = moment.astimezone(zoneinfo.ZoneInfo(zone))
    return moment


# Kind: the types, the plain parts of a label, and the label of these.
_KINDS = {
    "timestamp": (
        [pd.Timestamp],
        lambda t: (t.isoformat(), t.unit, None if t.tzinfo is None else str(t.tzinfo)),
        _to_timestamp,
    ),
    "datetime": (
        [datetime.datetime],
        lambda t: (t.isoformat(), getattr(t.tzinfo, "key", None)),
        _to_datetime,
    ),
    "date": ([datetime.date], lambda d: (d.isoformat(),), datetime.date.fromisoformat),
    "time": ([datetime.time], lambda t: (t.isoformat(),), datetime.time.fromisoformat),
    "timedelta": (
        [datetime.timedelta],
        lambda d: (d.days, d.seconds, d.microseconds),
        datetime.timedelta,
    ),
    "pandas.timedelta": (
        [pd.Timedelta],
        lambda d: (int(d.asm8.astype(np.int64)), d.unit),
        lambda n, unit: pd.Timedelta(np.timedelta64(n, unit)),
    ),
    "period": (
        [pd.Period],
        lambda p: (p.ordinal, p.freqstr),
        lambda n, freq: pd.Period(ordinal=n, freq=freq),
    ),
    "interval": ([pd.Interval], lambda i: (i.left, i.right, i.closed), pd.Interval),
    "uuid": ([uuid.UUID], lambda u: (str(u),), uuid.UUID),
    "decimal": ([Decimal], lambda d: (str(d),), Decimal),
    "complex": ([complex], lambda z: (z.real, z.imag), complex),
    "missing": ([type(pd.NA)], lambda _: (), lambda: pd.NA),
    "no time": ([type(pd.NaT)], lambda _: (), lambda: pd.NaT),
}
