"""Turns what the MLflow client returns into plain values: numbers, text, lists and dictionaries.

Entities are read through their public properties, the way a user's program reads them.
"""

import dataclasses
import enum
import math
from collections.abc import Mapping, MutableSequence
from pathlib import PurePath


def plain(value):
    """The value as JSON would hold it, with non-finite floats as words."""
    if value is None or isinstance(value, (bool, int, str)) and not isinstance(value, enum.Enum):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(float(value))
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, PurePath):
        return str(value)
    return _collection(value)


def _collection(value):
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in sorted(value.items(), key=lambda pair: str(pair[0]))}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=repr)
    if hasattr(value, "token") and isinstance(value, list):
        return {"items": [plain(item) for item in value], "token": value.token}
    if isinstance(value, (tuple, MutableSequence)):
        return [plain(item) for item in value]
    return _object(value)


def _object(value):
    if hasattr(value, "_properties"):
        return {name: plain(getattr(value, name)) for name in value._properties()}
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    if hasattr(value, "to_dict"):
        return plain(value.to_dict(orient="records") if hasattr(value, "iloc") else value.to_dict())
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    raise TypeError(f"a transcript cannot hold a {type(value).__name__}; take the parts that matter out of it")
