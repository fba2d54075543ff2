"""The Hub: what a repository holds is asked for first, then the few files that are needed are fetched into its cache.

Only JSON and safetensors are fetched, and a pickle only by its name where the list of known tokenizers has it; code in
a repository is neither fetched nor run. Every revision is pinned to a commit. What was fetched is found again offline.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError
from explorer.foundation.files import make_folder, write_atomically
from explorer.loading.folders import CONFIG_BYTES, INDEX, choose_files, read_json, shards
from explorer.loading.hub_client import Client, HubUnreachableError
from explorer.loading.keys import plain_keys
from explorer.loading.planning import Plan, Reference, RemoteFile, plan_of_header, slug
from explorer.loading.reading import read_header
from explorer.loading.recognition import format_of
from explorer.loading.safetensor import tensor_info
from explorer.public.catalogue import KnownTokenizer, known_for, known_in
from explorer.public.format import Progress, silent
from explorer.public.header import Header, TensorInfo

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Repository:
    """What the Hub, or what was kept of it, says: the commit, the files of the folder asked for, the licence."""

    commit: str
    sizes: Mapping[str, int]  # path in the repository -> bytes
    licence: str
    notes: tuple[str, ...] = ()


def plan_hub(source: Reference) -> Plan:
    """The plan for a repository. Without a network: for what the cache holds. Raises CheckpointError."""
    known = known_for(source.name, source.inside)
    if settings().hub_offline:
        return _cached_plan(source, known, "The Hub was not asked (EXPLORER_HUB_OFFLINE); this is the cache's copy.")
    try:
        return _asked_plan(source, known, Client())
    except HubUnreachableError as error:
        try:
            return _cached_plan(source, known, "The Hub cannot be reached; this is the cache's copy.")
        except CheckpointError:
            raise error from None


def fetch(plan: Plan, progress: Progress = silent) -> Plan:
    """The plan with all of its files in the cache and looked at. Raises CheckpointError, Cancelled."""
    client, done = Client(), 0
    total = plan.download_bytes or 1
    limit = settings().limits.checkpoint_file_bytes
    if plan.download_bytes > limit:
        raise CheckpointError(f"{plan.title} has {total / 2**30:,.1f} GiB, the limit is {limit / 2**30:,.1f} GiB.")
    for file in plan.files:
        if not file.cached:

            def heard(count: int, name: str = file.name, before: int = done) -> None:
                share = min(1.0, (before + count) / total)
                progress(share, f"fetching {name.rpartition('/')[2]}: {share:.0%} of {total / 1e6:,.0f} MB")

            client.download(plan.source.name, file.name, plan.revision, heard)
            done += file.size_bytes
    _remember(plan)
    return _local_plan(plan)


def _asked_plan(source: Reference, known: KnownTokenizer | None, client: Client) -> Plan:
    """The plan by what the Hub says now; headers of safetensors are read there, byte ranges of some kilobytes."""
    repository = _asked(source, client)
    names = _weights(source, known, repository, client)
    folder = source.inside if any(n.startswith(f"{source.inside}/") for n in repository.sizes) else _folder(names[0])
    config = f"{folder}/config.json".lstrip("/")
    beside = [config] if config in repository.sizes else []
    plan = Plan(
        source, _slug(source, repository.commit), known.title if known else source.words, "", "", "",
        repository.licence, revision=repository.commit, notes=repository.notes,
    )  # fmt: skip
    if not all(name.endswith(".safetensors") for name in names):
        return _maybe_local(_pickled(plan, known, [*beside, *names], repository, client))
    values = read_json(_small(client, source, config, repository)) if beside else {}
    tensors: dict[str, TensorInfo] = {}
    for name in names:
        for key, entry in client.tensors(source.name, name, repository.commit).items():
            tensors[key] = tensor_info(Path(name), key, entry, 0, None)
    header = plain_keys(Header(Path(source.name), "safetensors", tensors, config=values))
    made = plan_of_header(source, header, plan.id, plan.title, repository.licence)
    needed = {made.header.tensors[key].place.path for key in format_of(made.format_id).places(made.header)}
    index = [name for name in repository.sizes if len(names) > 1 and name.endswith(INDEX) and _folder(name) == folder]
    files = _files([*beside, *index, *(name for name in names if Path(name) in needed)], source, repository, client)
    unread = len(names) - len(needed)
    notes = repository.notes + (f"Of {len(names)} files only {len(needed)} are needed.",) * bool(unread)
    return _maybe_local(replace(made, revision=repository.commit, files=files, notes=notes + made.notes))


def _asked(source: Reference, client: Client) -> Repository:
    """The repository as the Hub describes it. Raises CheckpointError."""
    commit, sizes, licence = client.repository(source.name, source.revision)
    under = {
        name: size
        for name, size in sizes.items()
        if not source.inside or name == source.inside or name.startswith(f"{source.inside}/")
    }
    if not under:
        raise CheckpointError(f"{source.name} holds no {source.inside or 'files'}.")
    code = sorted(name for name in sizes if name.endswith((".py", ".ipynb", ".sh")))
    notes = (f"Code of the repository was neither fetched nor run: {', '.join(code[:3])}.",) if code else ()
    return Repository(commit, sizes, licence, notes)


def _weights(source: Reference, known: KnownTokenizer | None, repository: Repository, client: Client) -> list[str]:
    """The paths of the files with the weights. Raises CheckpointError for a pickle that nobody put on the list."""
    named = _named(known, repository)
    if source.inside in repository.sizes:  # a file was asked for
        if not source.inside.endswith(".safetensors") and not named:
            raise CheckpointError(_refusal(source))
        return named or [source.inside]
    prefix = f"{source.inside}/" if source.inside else ""
    own = [n.removeprefix(prefix) for n in repository.sizes if n.startswith(prefix) and "/" not in n[len(prefix) :]]
    if not any(name.endswith(".safetensors") for name in own):
        if named:
            return named
        deeper = sorted({name.rpartition("/")[0] for name in repository.sizes if name.endswith(".safetensors")})
        if deeper:
            raise CheckpointError(
                f"{source.words} has its weights in folders: {', '.join(deeper[:6])}. Name one, such as "
                f"{source.name}/{deeper[0]}."
            )
        raise CheckpointError(_refusal(source))
    chosen = choose_files([name for name in own if name.endswith((".safetensors", INDEX))], source.words)
    if chosen[0].endswith(INDEX):
        chosen = shards(_small(client, source, prefix + chosen[0], repository))
    missing = [name for name in chosen if name not in own]
    if missing:
        raise CheckpointError(f"The index of {source.words} lists {missing[0][:80]!r}, which is not there.")
    return [prefix + name for name in chosen]


def _named(known: KnownTokenizer | None, repository: Repository) -> list[str]:
    """The pickles that the list of known tokenizers allows, by name; a pattern must mean one file."""
    found = []
    for pattern in known.files if known else ():
        matches = fnmatch.filter(repository.sizes, pattern)
        found += matches if len(matches) == 1 else []
    return found


def _refusal(source: Reference) -> str:
    listed = [one.source for one in known_in(source.name)]
    known = f" Of this repository the list has: {', '.join(listed)}." if listed else ""
    return (
        f"{source.words} has no safetensors. A pickle is not fetched from the Hub unless it is on the list of known "
        f"tokenizers; if you trust it, download it yourself and name the file.{known}"
    )


def _small(client: Client, source: Reference, name: str, repository: Repository) -> Path:
    """A JSON file of sound size, fetched."""
    if repository.sizes.get(name, 0) > CONFIG_BYTES:
        raise CheckpointError(f"{name} of {source.name} has {repository.sizes[name]:,} bytes; that is no config.")
    return client.download(source.name, name, repository.commit)


def _pickled(
    plan: Plan, known: KnownTokenizer | None, names: list[str], repository: Repository, client: Client
) -> Plan:
    """The plan for the one file of a known tokenizer that is no safetensors: what the list says of it."""
    note = "This file is a pickle, so it is looked at only when it is here; until then these are the list's words."
    return replace(
        plan,
        format_id=known.format,
        format_title=format_of(known.format).title if known.format else known.title,
        modality=known.modality,
        licence=repository.licence if repository.licence != "not stated" else known.licence,
        parameters=known.parameters,
        memory_bytes=known.memory_bytes,
        files=_files(names, plan.source, repository, client),
        notes=(*plan.notes, note),
    )


def _files(names: list[str], source: Reference, repository: Repository, client: Client) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(name, repository.sizes.get(name, 0), client.cached(source.name, name, repository.commit) is not None)
        for name in dict.fromkeys(names)
    )


def _maybe_local(plan: Plan) -> Plan:
    """The plan, from the files themselves if they are all here."""
    return plan if plan.download_bytes or not plan.files else _local_plan(plan)


def _local_plan(plan: Plan) -> Plan:
    """The plan by the files in the cache, which may say more than the Hub did. Raises CheckpointError."""
    client = Client()
    found = {f.name: client.cached(plan.source.name, f.name, plan.revision) for f in plan.files}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise CheckpointError(f"{missing[0]} of {plan.source.words} is not in the cache of this machine.")
    weights = [path for name, path in found.items() if not name.endswith(".json")]
    folder = weights[0].parent
    header = read_header(folder, names=[path.name for path in weights])
    known = known_for(plan.source.name, plan.source.inside)
    made = plan_of_header(plan.source, header, plan.id, known.title if known else plan.source.words, plan.licence)
    files = tuple(replace(file, cached=True) for file in plan.files)
    list_words = [note for note in plan.notes if "until then" not in note]
    notes = tuple(dict.fromkeys((*list_words, *made.notes)))
    return replace(made, revision=plan.revision, files=files, folder=folder, notes=notes)


def _slug(source: Reference, commit: str) -> str:
    """`hub--owner--name[--part][--commit]`; the commit only where a revision was asked for."""
    parts = ["hub", *source.name.split("/"), *(source.inside.split("/") if source.inside else ())]
    if any(slug(part) != part.lower() for part in parts):  # cut, so a few digits keep it apart from others
        parts.append(_digits(f"{source.name}/{source.inside}".lower()))
    return "--".join(slug(part) for part in [*parts, *([commit[:8]] if source.revision else [])])


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _record(source: Reference) -> Path:
    """Where is written what was fetched for a source, so that it is found again without a network."""
    name = slug(source.words.replace("/", "--"))  # which may be cut, so a few digits keep it apart from others
    return settings().cache / "hub" / f"{name}-{_digits(source.words)}.json"


def _remember(plan: Plan) -> None:
    record = {
        "commit": plan.revision, "licence": plan.licence, "files": {file.name: file.size_bytes for file in plan.files},
    }  # fmt: skip
    make_folder(_record(plan.source).parent)
    write_atomically(_record(plan.source), json.dumps(record, indent=1).encode())


def _cached_plan(source: Reference, known: KnownTokenizer | None, note: str) -> Plan:
    """The plan by what was fetched before. Raises CheckpointError if there is nothing."""
    path = _record(source)
    record = read_json(path) if path.exists() else {}
    commit, files = record.get("commit"), record.get("files")
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit) or not isinstance(files, dict) or not files:
        raise CheckpointError(f"{source.words} is not in the cache of this machine, and the Hub is not asked.")
    if any(os.path.isabs(name) or ".." in name for name in files):
        raise CheckpointError(f"{path.name} names files that lead elsewhere.")
    licence = str(record.get("licence") or (known.licence if known else "not stated"))
    plan = Plan(
        source, _slug(source, commit), known.title if known else source.words, "", "", "", licence, revision=commit,
        files=tuple(RemoteFile(name, int(size), True) for name, size in files.items()), notes=(note,),
    )  # fmt: skip
    return _local_plan(plan)
