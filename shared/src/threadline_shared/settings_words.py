"""What a settings field takes, in words an operator reads. Pure."""

from pathlib import Path
from typing import Final

from msgspec import inspect

_LISTS: Final = (inspect.ListType, inspect.VarTupleType, inspect.SetType, inspect.FrozenSetType)


def allowed(info: inspect.Type) -> str:
    """Return what a type allows: `a whole number from 0 to 65535`, `one of json, console`."""
    if isinstance(info, inspect.Metadata) and isinstance(bare(info), inspect.StrType):
        return str((info.extra_json_schema or {}).get("description") or allowed(info.type))
    match bare(info):
        case inspect.IntType() as number:
            words = "a whole number" + _bounds(number)
        case inspect.FloatType() as number:
            words = "a number" + _bounds(number)
        case inspect.StrType() as text:
            words = _text(text)
        case inspect.LiteralType() | inspect.EnumType() as choice:
            words = f"one of {', '.join(_choices(choice))}"
        case inspect.UnionType(types=kinds):
            words = " or ".join(allowed(kind) for kind in kinds if not isinstance(kind, inspect.NoneType))
        case other:
            words = _thing(other)
    return words


def _thing(info: inspect.Type) -> str:
    match info:
        case inspect.BoolType():
            return "true or false"
        case inspect.CustomType(cls=kind):
            return "a path" if issubclass(kind, Path) else f"a {kind.__name__}"
        case inspect.StructType() | inspect.DictType():
            return "a table"
        case _ if is_list(info):
            inner = allowed(item_of(info))
            return "a list of tables" if inner == "a table" else f"a list, each {inner}"
        case _:
            return type(info).__name__.removesuffix("Type").lower()


def bare(info: inspect.Type) -> inspect.Type:
    """Return a type without its description, and without None where that leaves one type."""
    while True:
        if isinstance(info, inspect.Metadata):
            info = info.type
        elif isinstance(info, inspect.UnionType) and len(kinds := _some(info)) == 1:
            info = kinds[0]
        else:
            return info


def is_list(info: inspect.Type) -> bool:
    """Return whether a type is a list of any number of things of one type."""
    return isinstance(info, _LISTS)


def is_table(info: inspect.Type) -> bool:
    """Return whether a type is a table or a list of tables, which only a file can hold."""
    info = bare(info)
    info = bare(item_of(info)) if is_list(info) else info
    return isinstance(info, inspect.StructType | inspect.DictType)


def item_of(info: inspect.Type) -> inspect.Type:
    """Return what a list's items are."""
    item: inspect.Type = getattr(info, "item_type", inspect.AnyType())
    return item


def _some(info: inspect.UnionType) -> list[inspect.Type]:
    return [kind for kind in info.types if not isinstance(kind, inspect.NoneType)]


def _choices(info: inspect.LiteralType | inspect.EnumType) -> list[str]:
    values = sorted(info.values, key=str) if isinstance(info, inspect.LiteralType) else [m.value for m in info.cls]
    return [str(value) for value in values if value != ""]


def _bounds(info: inspect.IntType | inspect.FloatType) -> str:
    if info.ge is not None and info.le is not None:
        return f" from {info.ge} to {info.le}"
    sides = (("of at least", info.ge), ("above", info.gt), ("of at most", info.le), ("below", info.lt))
    said = [f"{word} {bound}" for word, bound in sides if bound is not None]
    return f" {' and '.join(said)}" if said else ""


def _text(info: inspect.StrType) -> str:
    parts = ["text"]
    if info.min_length:
        parts.append(f"of at least {info.min_length} characters" if info.min_length > 1 else "that is not empty")
    if info.max_length is not None:
        parts.append(f"of at most {info.max_length} characters")
    if info.pattern:
        parts.append(f"that matches {info.pattern}")
    return " ".join(parts)
