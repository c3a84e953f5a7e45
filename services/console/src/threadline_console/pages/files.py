"""A message's files as the pages list them: the name, what kind of file it is in people's words, and the size; pure."""

from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from threadline_console.api.say import blob_href
from threadline_console.pages.words import file_size
from threadline_contracts.message import Attachment

_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "application/pdf": "PDF",
        "application/zip": "ZIP archive",
        "application/gzip": "compressed archive",
        "application/x-7z-compressed": "7-Zip archive",
        "application/vnd.rar": "RAR archive",
        "application/x-tar": "archive",
        "application/msword": "Word document",
        "application/vnd.ms-excel": "Excel sheet",
        "application/vnd.ms-powerpoint": "PowerPoint slides",
        f"{_OFFICE}wordprocessingml.document": "Word document",
        f"{_OFFICE}spreadsheetml.sheet": "Excel sheet",
        f"{_OFFICE}presentationml.presentation": "PowerPoint slides",
        "application/vnd.oasis.opendocument.text": "OpenDocument text",
        "application/vnd.oasis.opendocument.spreadsheet": "OpenDocument sheet",
        "application/rtf": "RTF document",
        "text/rtf": "RTF document",
        "application/json": "JSON data",
        "application/xml": "XML data",
        "text/xml": "XML data",
        "application/octet-stream": "file of unknown kind",
        "application/ms-tnef": "Outlook container",
        "application/vnd.ms-outlook": "Outlook message",
        "application/pkcs7-mime": "encrypted or signed mail",
        "application/x-pkcs7-mime": "encrypted or signed mail",
        "application/pkcs7-signature": "digital signature",
        "application/x-pkcs7-signature": "digital signature",
        "application/pgp-signature": "digital signature",
        "application/pgp-encrypted": "encryption details",
        "application/pgp-keys": "public key",
        "application/x-msdownload": "Windows program",
        "application/vnd.microsoft.portable-executable": "Windows program",
        "message/rfc822": "e-mail",
        "message/delivery-status": "delivery report",
        "text/calendar": "calendar invitation",
        "application/ics": "calendar invitation",
        "text/vcard": "contact card",
        "text/csv": "CSV table",
        "text/html": "web page",
        "text/plain": "text",
        "image/svg+xml": "SVG drawing",
    }
)
# Ends of names whose files do something when they are opened.
_RUNS: Final = frozenset(
    {
        *(
            "exe",
            "com",
            "scr",
            "pif",
            "msi",
            "msp",
            "bat",
            "cmd",
            "ps1",
            "vbs",
            "vbe",
            "js",
            "jse",
            "wsf",
            "wsh",
            "hta",
        ),
        *(
            "cpl",
            "jar",
            "lnk",
            "reg",
            "scf",
            "url",
            "appx",
            "apk",
            "dmg",
            "pkg",
            "app",
            "sh",
            "iso",
            "img",
            "vhd",
            "chm",
        ),
        *("docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "one"),
    }
)
_FAMILIES: Final[Mapping[str, str]] = MappingProxyType({"image": "image", "audio": "sound", "video": "video"})


class FileCard(Struct, frozen=True, kw_only=True):
    """An attachment: its preview is the image itself, for bitmaps; `media_type` is for those who know what that is.

    `runs`: opening it may run a program of the sender's.
    """

    name: str
    kind: str
    media_type: str
    size: str
    href: str
    preview: str
    icon: str
    runs: bool


def file_card(attachment: Attachment) -> FileCard:
    """Return an attachment's card."""
    image = attachment.media_type in _IMAGES
    name = attachment.filename or "unnamed file"
    return FileCard(
        name=name,
        kind=file_kind(attachment.media_type),
        media_type=attachment.media_type,
        size=file_size(attachment.size),
        href=blob_href(attachment.blob, name),
        preview=blob_href(attachment.blob, name, inline=True) if image else "",
        icon="image" if image else "document",
        runs=PurePath(name.rstrip(". ")).suffix.lower().removeprefix(".") in _RUNS,
    )


def file_kind(media_type: str) -> str:
    """Return what kind of file a media type is; of an unknown one, the type itself."""
    family, _, name = media_type.partition("/")
    if family in _FAMILIES and media_type not in _KINDS:
        return f"{name.removeprefix('x-').upper()} {_FAMILIES[family]}"
    return _KINDS.get(media_type, media_type)
