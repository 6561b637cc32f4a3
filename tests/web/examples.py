"""The smallest valid instance of a message's type, made from the type alone: whoever adds a field changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect


def example(kind: Any, named: Mapping[str, Any], *, all_fields: bool = False) -> Any:
    """Ready for JSON. ``named``: values by field name, at any depth; ``all_fields``: the optional ones, too."""
    return _of(inspect.type_info(kind), named, all_fields)


def _of(info: inspect.Type, named: Mapping[str, Any], whole: bool) -> Any:
    match info:
        case inspect.StructType(fields=fields):
            made = {} if info.tag is None or info.tag_field is None else {info.tag_field: info.tag}
            for field in fields:
                if field.name in named:
                    made[field.encode_name] = named[field.name]
                elif field.required or whole:
                    made[field.encode_name] = _of(field.type, named, whole)
            return made
        case inspect.UnionType(types=types):
            return None if any(isinstance(each, inspect.NoneType) for each in types) else _of(types[0], named, whole)
        case inspect.EnumType(cls=cls):
            return next(iter(cls)).value
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.StrType(min_length=length):
            return "x" * (length or 1)
        case inspect.IntType(ge=least) | inspect.FloatType(ge=least):
            return least or 0
        case inspect.BoolType():
            return False
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.CollectionType():
            return []
        case inspect.TupleType(item_types=items):
            return [_of(each, named, whole) for each in items]
        case inspect.CustomType() | inspect.AnyType() | inspect.RawType():
            return None
        case inspect.DictType():
            return {}
        case inspect.NoneType():
            return None
    raise AssertionError(f"no example for {info}")


def made(kind: Any, named: Mapping[str, Any]) -> Any:
    """An instance."""
    return msgspec.convert(example(kind, named, all_fields=True), kind)
