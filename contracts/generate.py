"""Write the published contracts (schema/, examples/, asyncapi.yaml) from the code, or `--check` them."""

import json
import sys
from pathlib import Path

import msgspec
import yaml

from threadline_contracts.codec import encode
from threadline_contracts.examples import example_events
from threadline_contracts.schema import asyncapi, event_schemas

HERE = Path(__file__).parent
VERSION = "1.0.0"


def published() -> dict[Path, str]:
    """Return every generated file and its text."""
    files = {Path("schema", f"{name}.json"): _json(schema) for name, schema in event_schemas().items()}
    for name, event in example_events().items():
        files[Path("examples", f"{name}.json")] = _json(json.loads(encode(event)))
    files[Path("asyncapi.yaml")] = yaml.safe_dump(
        json.loads(msgspec.json.encode(asyncapi(VERSION))), sort_keys=False, allow_unicode=True, width=110
    )
    return files


def main() -> int:
    """Write or check; return the exit code."""
    stale = {path: text for path, text in published().items() if _read(HERE / path) != text}
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"contracts/{path} differs from the code: run 'make schema'", file=sys.stderr)
        return 1 if stale else 0
    for path, text in stale.items():
        (HERE / path).parent.mkdir(exist_ok=True)
        (HERE / path).write_text(text, encoding="utf-8")
        print(f"wrote contracts/{path}")
    return 0


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
