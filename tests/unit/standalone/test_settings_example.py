"""threadline.example.toml: it loads, and no setting is missing from it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec import Struct, inspect

from threadline_shared.settings import load
from threadline_shared.settings_names import refuse_strangers
from threadline_shared.settings_words import bare
from threadline_standalone.shapes import shapes

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "threadline.example.toml"
# A setting that is shown, but not set: `# bus_url = "amqp://..."`.
SHOWN = re.compile(r"^# ?(?=[a-z_]+ = )", re.MULTILINE)
LOADED = re.compile(r"(?<![.\w])load\((\w+), env")


def all_shapes() -> Sequence[tuple[str, type[Struct]]]:
    return [(section, shape) for section, group in shapes().items() for shape in group]


def names(info: inspect.Type) -> Iterator[str]:
    """Yield the name of every field of a type, and of the structs within it."""
    match bare(info):
        case inspect.StructType(fields=fields):
            for field in fields:
                yield field.encode_name
                yield from names(field.type)
        case inspect.VarTupleType(item_type=inner):
            yield from names(inner)
        case _:
            pass


@pytest.mark.parametrize("everything", [False, True], ids=["as it is", "with all that is shown"])
def test_the_example_is_accepted(tmp_path: Path, everything: bool) -> None:  # noqa: FBT001 - parametrised
    text = EXAMPLE.read_text()
    (tmp_path / "x.toml").write_text(SHOWN.sub("", text) if everything else text)
    env = {"THREADLINE_CONFIG": str(tmp_path / "x.toml")}
    refuse_strangers(env, shapes())
    for section, shape in all_shapes():
        load(shape, env, section=section)


def test_the_example_shows_every_setting() -> None:
    text = EXAMPLE.read_text()
    shown = set(re.findall(r"\b([a-z_]+)(?: = |\]+(?: #|$))", text, re.MULTILINE))
    wanted = {name for _, shape in all_shapes() for name in names(inspect.type_info(shape))}
    assert wanted - shown == set()


def test_what_the_example_sets_is_the_default() -> None:
    env = {"THREADLINE_CONFIG": str(EXAMPLE)}
    changed = {
        field
        for section, shape in all_shapes()
        for field in shape.__struct_fields__
        if getattr(load(shape, env, section=section), field) != getattr(shape(), field)
    }
    # Empty ones would show nothing.
    assert changed == {"own_addresses", "shared_addresses", "policy", "numbers", "forms", "mailboxes"}


def test_every_settings_struct_that_a_service_loads_is_known_to_the_command() -> None:
    sources = [path for part in ("shared", "services") for path in (ROOT / part).rglob("src/**/*.py")]
    loaded = {name for path in sources for name in LOADED.findall(path.read_text())}
    known = {shape.__name__ for _, shape in all_shapes()}
    assert loaded - known - {"DataSettings"} == {"shape"}
