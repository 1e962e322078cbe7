"""The licences of the crates that are linked into the extension: most ask that their text goes with the binary."""

import json
from pathlib import Path

from .addon import ROOT
from .process import Failure, run

PATTERNS = ("LICEN[SC]E*", "COPYING*", "NOTICE*", "COPYRIGHT*", "UNLICENSE*")


def linked_crates(target: str) -> list[dict]:
    """What `chathub` depends on at run time, without what only builds or tests it."""
    metadata = json.loads(run(
        ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target], cwd=ROOT
    ))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    pending = [id for id, package in packages.items() if package["name"] == "chathub"]
    seen: set[str] = set()
    while pending:
        id = pending.pop()
        if id in seen:
            continue
        seen.add(id)
        pending += [
            dependency["pkg"] for dependency in nodes[id]["deps"]
            if any(kind["kind"] is None for kind in dependency["dep_kinds"])
        ]
    linked = [packages[id] for id in seen if packages[id]["source"]]
    # A procedural macro runs inside the compiler; what it needs does as well, but listing that does no harm.
    return sorted(
        (package for package in linked if not any("proc-macro" in target["kind"] for target in package["targets"])),
        key=lambda package: (package["name"], package["version"]),
    )


def texts(package: dict) -> list[str]:
    folder = Path(package["manifest_path"]).parent
    files = sorted({file for pattern in PATTERNS for depth in ("", "*/")
                    for file in folder.glob(depth + pattern) if file.is_file()})
    return [file.read_text(encoding="utf-8", errors="replace").strip() for file in files]


def notice(target: str) -> str:
    """One text: the list of crates first, then every licence text once, with the crates that it is of."""
    crates = linked_crates(target)
    if not crates:
        raise Failure("cargo metadata names no dependency")
    owners: dict[str, list[str]] = {}
    lines = ["chathub.so is under the AGPL-3.0 (LICENSE). It contains these works of others:", ""]
    for crate in crates:
        title = f"{crate['name']} {crate['version']}"
        lines.append(f"{title}  {crate['license'] or 'see its licence below'}  {crate['repository'] or ''}".rstrip())
        for text in texts(crate):
            owners.setdefault(text, []).append(title)
    for text, titles in owners.items():
        lines += ["", "=" * 100, ", ".join(titles), "=" * 100, "", text]
    return "\n".join(lines) + "\n"
