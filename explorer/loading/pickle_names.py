"""Which names of a pickle mean something, which are left as empty shells, and which make us refuse the file.

Nothing is ever imported or called for any of them (see pickles.py); the refusals are a policy on top: a file that asks
for `os.system` is no tokenizer, and whoever would load it elsewhere should know.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from explorer.foundation.errors import CheckpointError
from explorer.loading.pickles import Builder, Global, Shell, describe_value, plain_key

ITEM_BYTES: Mapping[str, int] = {
    **dict.fromkeys(("complex128",), 16),
    **dict.fromkeys(("float64", "int64", "uint64", "complex64"), 8),
    **dict.fromkeys(("float32", "int32", "uint32"), 4),
    **dict.fromkeys(("float16", "bfloat16", "int16", "uint16"), 2),
    **dict.fromkeys(("int8", "uint8", "bool", "float8_e4m3fn", "float8_e5m2"), 1),
}
_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "UntypedStorage": "uint8",
}
_DTYPES = {"double": "float64", "float": "float32", "half": "float16", "long": "int64", "int": "int32"}
MOST_AXES = 16
NAMED = 6  # names in a message; the rest are counted

# Modules that act on the machine, whatever their function is called.
REFUSED_MODULES = frozenset(
    {
        *("os", "posix", "nt", "ntpath", "posixpath", "subprocess", "_posixsubprocess", "sys", "importlib"),
        *("_frozen_importlib", "imp", "runpy", "zipimport", "pkgutil", "shutil", "tempfile", "glob", "io", "_io"),
        *("socket", "_socket", "ssl", "pty", "tty", "ctypes", "_ctypes", "cffi", "mmap", "webbrowser"),
        *("antigravity", "code", "codeop", "commands", "popen2", "platform", "asyncio", "multiprocessing"),
        *("concurrent", "threading", "_thread", "signal", "http", "urllib", "urllib2", "requests", "httpx"),
        *("ftplib", "smtplib", "telnetlib", "poplib", "imaplib", "xmlrpc", "pip", "setuptools", "distutils"),
        *("pydoc", "pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "bdb"),
        *("pdb", "timeit", "trace", "cProfile", "profile", "doctest", "unittest", "idlelib", "venv", "ensurepip"),
        *("gc", "inspect", "ast", "types"),
    }
)
# Others of which only these do no more than hold values.
_HARMLESS_BUILTINS = frozenset(
    {
        *("set", "frozenset", "list", "dict", "tuple", "slice", "range", "xrange", "complex", "bytearray", "int"),
        *("long", "float", "bool", "str", "unicode", "bytes", "object", "type", "Ellipsis", "NotImplemented"),
    }
)
_REFUSED_PREFIXES = (
    "torch.hub", "torch.jit._script.", "torch.utils.cpp_extension", "torch.utils.model_zoo", "torch.distributed.run",
    "torch.serialization.load", "numpy.load", "numpy.testing", "numpy.f2py", "numpy.distutils", "pandas.read_pickle",
)  # fmt: skip
_ACTING_TYPES = frozenset(("types.SimpleNamespace", "types.MappingProxyType"))  # of a refused module, yet only values


@dataclass(frozen=True)
class Storage:
    """A run of numbers in the file: `numel` items of `dtype`, from the item `first` on."""

    key: str
    dtype: str
    numel: int
    first: int = 0


@dataclass(frozen=True)
class StoredTensor:
    """A view of a storage, `offset` and `stride` in items, as torch pickles it."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    @property
    def item_bytes(self) -> int:
        return ITEM_BYTES[self.dtype]

    @property
    def span(self) -> int:
        """Items from the first to the last that the view touches."""
        return 0 if self.count == 0 else 1 + sum((n - 1) * s for n, s in zip(self.shape, self.stride, strict=True))

    @property
    def contiguous(self) -> bool:
        want = 1
        for size, step in zip(reversed(self.shape), reversed(self.stride), strict=True):
            if size != 1 and step != want:
                return False
            want *= size
        return True


def storage_of(identity: object) -> object:
    """What torch's persistent ids stand for: ("storage", type, key, location, numel[, view]) or ("module", class)."""
    if isinstance(identity, tuple) and identity[:1] == ("module",) and len(identity) > 1:
        return identity[1]  # a class with its source beside it, of which only the name is kept
    if not isinstance(identity, tuple) or len(identity) < 5 or identity[0] != "storage":
        raise CheckpointError(f"The file is damaged: {describe_value(identity)} names no storage.")
    kind, key, numel = identity[1], identity[2], identity[4]
    name = kind.name if isinstance(kind, Global) else describe_value(kind)
    if name not in _STORAGES:
        raise CheckpointError(f"The file holds numbers of a kind that cannot be read: {name}.")
    first = 0
    if len(identity) > 5 and isinstance(identity[5], tuple) and len(identity[5]) == 3:
        first = _whole(identity[5][1])  # storages that were views, until torch 0.4
    return Storage(storage_key(key), _STORAGES[name], _whole(numel), first)


def storage_key(key: object) -> str:
    """The name of a storage, which torch writes as text."""
    if not isinstance(key, str):
        raise CheckpointError(f"The file is damaged: {describe_value(key)} is no name of a storage.")
    return key


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**48:
        raise CheckpointError(f"The file is damaged: {describe_value(value)} is no size.")
    return value


def _sizes(values: object) -> tuple[int, ...]:
    if isinstance(values, Shell):  # torch.Size((...)), or TorchScript's list of integers
        values = values.args[0] if isinstance(values.args, tuple) and len(values.args) == 1 else ()
    if not isinstance(values, (tuple, list)) or len(values) > MOST_AXES:
        raise CheckpointError(f"The file is damaged: {describe_value(values)} is no shape.")
    return tuple(_whole(value) for value in values)


def _tensor(storage: object, offset: object, shape: object, stride: object, *_: object) -> object:
    """`torch._utils._rebuild_tensor`, `_v2`: flags and hooks are left aside."""
    if not isinstance(storage, Storage):
        return Shell(Global("torch", "Tensor"), ())
    sizes, steps = _sizes(shape), _sizes(stride)
    return _checked(StoredTensor(storage, storage.dtype, _whole(offset) + storage.first, sizes, steps), storage.numel)


def _tensor_v3(storage: object, offset: object, shape: object, stride: object, *rest: object) -> object:
    """`_rebuild_tensor_v3`: the storage is bytes; (requires_grad, hooks, dtype) follow."""
    dtype = rest[2] if len(rest) > 2 else None
    name = dtype.name if isinstance(dtype, Global) else ""
    name = _DTYPES.get(name, name)
    if not isinstance(storage, Storage) or name not in ITEM_BYTES:
        raise CheckpointError(f"The file holds numbers of a kind that cannot be read: {name or 'unknown'}.")
    held = storage.numel * ITEM_BYTES[storage.dtype] // ITEM_BYTES[name]
    return _checked(StoredTensor(storage, name, _whole(offset), _sizes(shape), _sizes(stride)), held)


def _checked(tensor: StoredTensor, held: int) -> StoredTensor:
    if len(tensor.shape) != len(tensor.stride):
        raise CheckpointError(f"The file is damaged: shape {tensor.shape} has strides {tensor.stride}.")
    if tensor.count and tensor.offset + tensor.span > held:
        raise CheckpointError(
            f"The file is damaged: a tensor of shape {tensor.shape} reaches to number {tensor.offset + tensor.span:,} "
            f"of a storage that holds {held:,}."
        )
    return tensor


def _mapping(*args: object) -> dict:
    """OrderedDict, defaultdict, dict: with their first pairs, if any."""
    pairs = args[-1] if args and isinstance(args[-1], (list, dict)) else ()
    if isinstance(pairs, dict):
        return dict(pairs)
    return {
        pair[0]: pair[1] for pair in pairs if isinstance(pair, (list, tuple)) and len(pair) == 2 and plain_key(pair[0])
    }


def _listing(*args: object) -> list:
    """A set, as a list: nothing here asks a set whether it holds something."""
    return list(args[0]) if args and isinstance(args[0], (list, tuple)) else []


def _same(first: object, *_: object) -> object:
    return first


def _subclass(function: object, _kind: object, args: object, _state: object) -> object:
    """`torch._tensor._rebuild_from_type_v2`: a tensor of a subclass, or with attributes."""
    ours = isinstance(function, Global) and function.module == "torch._utils"  # which copy nothing long
    builder = BUILDERS.get(function.words) if ours else None
    return builder(*args) if builder and isinstance(args, tuple) else Shell(function, args)


BUILDERS: Mapping[str, Builder] = {
    "builtins.set": _listing,
    "builtins.frozenset": _listing,
    "collections.OrderedDict": _mapping,
    "collections.defaultdict": _mapping,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_v3,
    "torch._utils._rebuild_parameter": _same,
    "torch._utils._rebuild_parameter_with_state": _same,
    "torch.nn.parameter.Parameter": _same,
    "torch.nn.parameter.Buffer": _same,
    "torch._tensor._rebuild_from_type_v2": _subclass,
    "torch.jit._pickle.restore_type_tag": _same,
}
# Names that are part of how torch writes tensors; everything else is told to the person.
_KNOWN_MODULES = frozenset(
    {
        *("torch", "torch._utils", "torch._tensor", "torch.storage", "torch.nn.parameter", "torch.jit._pickle"),
        *("collections", "torch.serialization", "_codecs", "copyreg"),
    }
)


def is_refused(name: Global) -> bool:
    """Whether a file that asks for this name is refused."""
    top = name.module.partition(".")[0]
    if top == "builtins":
        return name.name.partition(".")[0] not in _HARMLESS_BUILTINS or "." in name.name
    if name.words in _ACTING_TYPES:
        return False
    return top in REFUSED_MODULES or name.words.startswith(_REFUSED_PREFIXES)


def check_names(names: Iterable[Global], path: Path) -> None:
    """Raise CheckpointError if any of the names is refused."""
    bad = sorted({name.words for name in names if is_refused(name)})
    if bad:
        raise CheckpointError(
            f"{path.name} asks for {list_names(bad)} when it is opened, which can act on this machine and which no "
            "tokenizer needs. Nothing of it was run, and it is refused."
        )


def shells(names: Iterable[Global]) -> list[str]:
    """The names that were left as empty shells and that a person would want to know of."""
    quiet = ("builtins", "__torch__")
    return sorted(
        {n.words for n in names if n.module not in _KNOWN_MODULES and n.module.partition(".")[0] not in quiet}
    )


def list_names(names: list[str]) -> str:
    """A few names, cut to a sound length, and how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join("".join(c if c.isprintable() else "?" for c in name)[:80] for name in names[:NAMED]) + more
