"""The pages a visitor sees, as HTML: escaped always, without one inline script or style. No I/O after the import."""

import json
from collections.abc import Mapping, Sequence
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import Final, Literal
from urllib.parse import urlencode

import jinja2
from msgspec import Struct, field

from threadline_form import colour
from threadline_form.settings import Ask, Form, localized
from threadline_form.submission import FIELDS
from threadline_form.texts import direction, size, text
from threadline_form.validate import Fault

_LINES: Final = {  # name: (type, autocomplete, direction)
    "name": ("text", "name", "auto"),
    "email": ("email", "email", "ltr"),
    "phone": ("tel", "tel", "ltr"),
    "subject": ("text", "off", "auto"),
}
_SCRIPT_TEXTS: Final = (
    "again",
    "busy",
    "count",
    "errors_title",
    "remove",
    "send",
    "sending",
    "unreachable",
    "uploading",
)
_TYPES: Final = {"css": "text/css", "js": "text/javascript"}
_MINUTE: Final = 60
_HOUR: Final = 3600
_VERSION_CHARACTERS: Final = 12

_templates: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("threadline_form"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Asset(Struct, frozen=True):
    """A file of the page, and the version that its address carries."""

    content: bytes
    media_type: str
    version: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> "Asset":
        """Return an asset, versioned by its content."""
        return cls(content, media_type, sha256(content).hexdigest()[:_VERSION_CHARACTERS])


class Look(Struct, frozen=True, kw_only=True):
    """How one visitor sees a form."""

    form: Form
    language: str
    embedded: bool = False
    scheme: Literal["", "light", "dark"] = ""
    asked_language: str = ""  # in the address, so that it stays

    def address(self, rest: str = "") -> str:
        """Return the path of this form's page, or of one below it, that looks the same."""
        options = {"embed": "1" if self.embedded else "", "lang": self.asked_language, "scheme": self.scheme}
        query = urlencode({name: value for name, value in options.items() if value})
        return f"/form/{self.form.id}{rest}" + (f"?{query}" if query else "")


class Filled(Struct, frozen=True, kw_only=True):
    """What is on the form: the texts as typed, what is wrong with them, and the hidden fields."""

    key: str
    stamp: str
    typed: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    files_again: bool = False


class _Field(Struct, frozen=True, kw_only=True):
    name: str
    kind: Literal["line", "text", "files"]
    label: str
    required: bool
    hint: str = ""
    wide: bool = True
    type: str = ""
    autocomplete: str = ""
    dir: str = "auto"
    limit: int = 0


def form_page(look: Look, filled: Filled) -> str:
    """Return the page of a form: empty, or with what was typed and an error at each field that needs one."""
    shown = tuple(_fields(look))
    names = {one.name for one in shown}
    errors = dict.fromkeys((*names, "form"), "") | {
        fault.field if fault.field in names else "form": fault_text(look.language, fault) for fault in filled.faults
    }
    wrong = [one for one in shown if errors[one.name]]
    return _render(
        "form.html",
        look,
        title=localized(look.form.title, look.language) or text(look.language, "title"),
        intro=localized(look.form.intro, look.language) or text(look.language, "intro"),
        fields=shown,
        values={name: filled.typed.get(name, "") for name in FIELDS},
        errors=errors,
        field_errors=wrong,
        focus=wrong[0].name if wrong else "",
        files_again=filled.files_again,
        key=filled.key,
        stamp=filled.stamp,
        accept=",".join(look.form.limits.allowed_types),
        script_texts=json.dumps(_script_texts(look)),
    )


def thanks_page(look: Look, shown_reference: str) -> str:
    """Return the page that says we have the message, with its reference as people see it."""
    title = text(look.language, "thanks_title")
    thanks = localized(look.form.thanks, look.language) or text(look.language, "thanks")
    return _render("thanks.html", look, title=title, thanks=thanks, reference=shown_reference)


def notice_page(language: str, code: str) -> str:
    """Return a page that says one thing, where there is no form to show."""
    look = Look(form=Form(), language=language)
    return _render("notice.html", look, title=text(language, code))


def theme(form: Form) -> Asset:
    """Return the form's own style: its accent, readable on both surfaces, its radius and its font."""
    return _theme(form.accent, form.radius, form.font)


@cache
def _theme(accent: str, radius: int, font: str) -> Asset:
    light = colour.tones(accent, colour.LIGHT_SURFACE)
    dark = colour.tones(accent, colour.DARK_SURFACE)
    lines = [
        f"--accent:{accent}",
        f"--on-accent:{light.on_fill}",
        f"--accent-edge:light-dark({light.edge},{dark.edge})",
        f"--accent-ink:light-dark({light.ink},{dark.ink})",
        f"--radius:{radius}px",
        *([f"--font:{font}"] if font else []),
    ]
    return Asset.of(f":root{{{';'.join(lines)}}}\n".encode(), _TYPES["css"])


def fault_text(language: str, fault: Fault) -> str:
    """Return a fault in words."""
    if "wait" in fault.values:
        return text(language, fault.code, wait=_waiting(language, int(fault.values["wait"])))
    return text(language, fault.code, **fault.values)


def _fields(look: Look) -> Sequence[_Field]:
    form, language = look.form, look.language
    label = partial(text, language)
    asked = {name: ask for name in (*FIELDS, "files") if (ask := getattr(form.fields, name)) is not Ask.OFF}
    lines = [name for name in _LINES if name in asked]
    shown = [
        _Field(
            name=name,
            kind="line",
            label=label(name),
            required=asked[name] is Ask.REQUIRED,
            hint=label("email_hint") if name == "email" else "",
            wide=len(lines) % 2 == 1 and name == lines[-1],
            type=_LINES[name][0],
            autocomplete=_LINES[name][1],
            dir=_LINES[name][2],
        )
        for name in lines
    ]
    required = asked["message"] is Ask.REQUIRED
    shown.append(
        _Field(name="message", kind="text", label=label("message"), required=required, limit=form.limits.message)
    )
    if "files" in asked:
        hint = label("files_hint", count=form.limits.max_files, size=size(form.limits.max_file_bytes))
        required = asked["files"] is Ask.REQUIRED
        shown.append(_Field(name="files", kind="files", label=label("files"), required=required, hint=hint))
    return shown


def _script_texts(look: Look) -> Mapping[str, str]:
    limits = look.form.limits
    label = partial(text, look.language)
    return {
        **{key: label(key) for key in _SCRIPT_TEXTS},
        **{f"required_{name}": label(f"required_{name}") for name in (*FIELDS, "files")},
        "too_many_files": label("too_many_files", limit=limits.max_files),
        "file_too_large": label("file_too_large", name="{name}", limit=size(limits.max_file_bytes)),
        "files_too_large": label("files_too_large", limit=size(limits.max_total_bytes)),
    }


def _render(template: str, look: Look, **values: object) -> str:
    return _templates.get_template(template).render(
        form=look.form,
        language=look.language,
        direction=direction(look.language),
        embedded=look.embedded,
        scheme=look.scheme,
        action=look.address(),
        theme=f"/form/{look.form.id}/theme.css?v={theme(look.form).version}",
        asset=_asset_address,
        t=partial(text, look.language),
        **values,
    )


def _waiting(language: str, seconds: int) -> str:
    if seconds < _HOUR:
        return text(language, "in_minutes", count=max(1, -(-seconds // _MINUTE)))
    return text(language, "in_hours", count=-(-seconds // _HOUR))


def _asset_address(name: str) -> str:
    return f"/form/static/{name}?v={ASSETS[name].version}"


def _assets() -> Mapping[str, Asset]:
    found = {}
    for file in (files("threadline_form") / "static").iterdir():
        found[file.name] = Asset.of(file.read_bytes(), _TYPES[file.name.rpartition(".")[2]])
    return found


ASSETS: Final = _assets()
