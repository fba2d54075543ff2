"""The few questions that are put to the Hub, through huggingface_hub, with every failure in plain words."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError, ExplorerError

SECONDS = 20.0  # for an answer of the Hub


class HubUnreachableError(CheckpointError):
    """No network, no server, or no sound answer."""


class Client:
    """Answers of the Hub at $HF_ENDPOINT (default: its usual address). No login is used unless the settings say so:
    a visitor must not see the private repositories of who started the server."""

    def __init__(self) -> None:
        import huggingface_hub  # half a second, and only where the Hub is asked
        from huggingface_hub import constants

        # Plain HTTP, so that every piece is counted and a download can be stopped between two of them.
        constants.HF_HUB_DISABLE_XET = True
        self._cache = os.environ.get("HF_HUB_CACHE") or constants.HF_HUB_CACHE
        self._hub = huggingface_hub
        self._endpoint = os.environ.get("HF_ENDPOINT") or None
        self._token = None if settings().hub_login else False
        self._api = huggingface_hub.HfApi(endpoint=self._endpoint, token=self._token)

    def repository(self, name: str, revision: str) -> tuple[str, dict[str, int], str]:
        """Commit, path -> bytes of all files, and licence of a model repository."""
        with self._plain(name, revision):
            info = self._api.model_info(name, revision=revision or None, files_metadata=True, timeout=SECONDS)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        card = info.card_data.to_dict() if info.card_data else {}
        tagged = [tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:")]
        licence = card.get("license_name") or card.get("license") or (tagged[0] if tagged else "not stated")
        if not info.sha:
            raise CheckpointError(f"The Hub did not say which commit {name} stands at.")
        return info.sha, sizes, ", ".join(licence) if isinstance(licence, list) else str(licence)

    def tensors(self, name: str, file: str, commit: str) -> Mapping[str, dict]:
        """key -> entry of the header of a safetensors file, of which only the first bytes are fetched."""
        with self._plain(name, commit):
            found = self._api.parse_safetensors_file_metadata(name, file, revision=commit, timeout=SECONDS)
        return {
            key: {"dtype": info.dtype, "shape": list(info.shape), "data_offsets": list(info.data_offsets)}
            for key, info in found.tensors.items()
        }

    def download(self, name: str, file: str, commit: str, heard: Callable[[int], None] = lambda count: None) -> Path:
        """The file in the cache, fetched if need be; `heard(bytes so far)` may raise Cancelled, and the rest is then
        fetched the next time."""
        with self._plain(name, commit):
            return Path(
                self._hub.hf_hub_download(
                    name, file, revision=commit, endpoint=self._endpoint, token=self._token, cache_dir=self._cache,
                    tqdm_class=lambda **facts: _Heard(heard, facts.get("initial") or 0),
                )
            )  # fmt: skip

    def cached(self, name: str, file: str, commit: str) -> Path | None:
        """The file in the cache; None if it is not there."""
        path = self._hub.try_to_load_from_cache(name, file, cache_dir=self._cache, revision=commit)
        return Path(path) if isinstance(path, str) and Path(path).exists() else None

    @contextmanager
    def _plain(self, name: str, revision: str) -> Iterator[None]:
        """What goes wrong, as CheckpointError; what is the network's fault, as HubUnreachableError."""
        from huggingface_hub import errors

        at = f" at {revision[:40]}" if revision else ""
        try:
            yield
        except ExplorerError:
            raise
        except errors.GatedRepoError as error:
            raise CheckpointError(
                f"{name} is given only to people who agreed to its terms on the Hub. Agree there, log in on this "
                "machine (hf auth login), and start with EXPLORER_HUB_LOGIN=1."
            ) from error
        except errors.RepositoryNotFoundError as error:
            raise CheckpointError(f"The Hub has no public model repository {name}.") from error
        except errors.RevisionNotFoundError as error:
            raise CheckpointError(f"{name} has no revision {revision[:40]!r}.") from error
        except errors.LocalEntryNotFoundError as error:
            raise HubUnreachableError(f"The Hub cannot be reached for {name}{at}.") from error
        except errors.EntryNotFoundError as error:
            raise CheckpointError(f"A file of {name}{at} is not on the Hub.") from error
        except (errors.SafetensorsParsingError, errors.NotASafetensorsRepoError) as error:
            raise CheckpointError(f"A file of {name}{at} is damaged: its safetensors header cannot be read.") from error
        except errors.HFValidationError as error:
            raise CheckpointError(f"{name!r} is no name of a Hub repository.") from error
        except Exception as error:
            raise _network_error(name, error) from error


def _network_error(name: str, error: Exception) -> Exception:
    """The Hub's library lets through what its HTTP library raises; a full disk is an OSError, too."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
        return CheckpointError(f"{name} cannot be written to the cache: {error.strerror}.")
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return CheckpointError(f"The Hub does not give {name} to this server (HTTP {status}).")
    library = type(error).__module__.partition(".")[0]
    if status is not None or isinstance(error, OSError) or library.startswith(("httpx", "httpcore", "requests")):
        reason = f"HTTP {status}" if status else type(error).__name__
        return HubUnreachableError(f"The Hub cannot be reached for {name} ({reason}). Try again, or name a file.")
    return error


class _Heard:
    """What the Hub's library takes for a progress bar."""

    def __init__(self, heard: Callable[[int], None], initial: int) -> None:
        self._heard, self._count = heard, initial

    def __enter__(self) -> _Heard:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, count: float = 1) -> None:
        self._count += int(count)
        self._heard(self._count)
