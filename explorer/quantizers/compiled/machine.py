"""The kernels compiled for the processor at hand, once a process, and called without the lock of Python."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np

from explorer.quantizers.compiled.sharing import run_beside, still_at_work

LOG = logging.getLogger(__name__)
Kind = Literal["nearest", "beams"]  # what is compiled together, in a twentieth of a second
# Floats in a register, and codes in a block, by what the processor has: as many sums as it has registers to spare.
SHAPES = {"avx512f": (16, 16), "avx2": (8, 8), "neon": (4, 16), "": (4, 8)}


PART_PRODUCTS = 2**21  # multiplications that a thread does at a time, a twentieth of a millisecond
PART_FLOATS = 2**12  # of the latents of a part: half of the nearest cache
SHARED_PRODUCTS = 2**24  # multiplications from which another thread is asked: below, waking it takes as long


class TwoBest(NamedTuple):
    """Of each latent, (n,): the least score, the least but one, the code of the least, int64, and whether rounding may
    have swapped the two."""

    best: np.ndarray
    second: np.ndarray
    index: np.ndarray
    in_doubt: np.ndarray


@dataclass(frozen=True)
class Machine:
    """Compiled kernels: their vectors of `width` latents, blocks of `block` codes."""

    width: int
    block: int
    functions: dict[str, Any]
    owner: Any  # of the memory that holds them

    def call(self, name: str, *arguments: np.ndarray | int) -> None:
        """Run one, on arrays that are contiguous and of the types it asks for."""
        self.functions[name](*(a if isinstance(a, int) else a.ctypes.data for a in arguments))

    def two_best(
        self,
        z: np.ndarray,
        table: np.ndarray,
        bias: np.ndarray,
        centre: np.ndarray | None = None,
        limit: Sequence[float] = (0.0, np.inf, np.inf),
        threads: int = 1,
    ) -> TwoBest:
        """z (n, D) float32, contiguous, seen from centre (D,); a table as `packed`. limit: as of `write_two_best`.

        Shared by `threads`, none of which is waited for that lost its core: another does again what it was at. Latents
        are not looked at any more when this returns.
        """
        count, dim = z.shape
        group, products = self.width * dim, bias.size * self.width * max(1, dim)
        groups = max(1, min(PART_PRODUCTS // products, PART_FLOATS // max(1, group)))
        parts, room = -(-count // (groups * self.width)), -(-count // self.width) * self.width
        best, second = np.empty(room, np.float32), np.empty(room, np.float32)
        index, in_doubt = np.empty(room, np.int64), np.empty(room, np.uint8)
        turn, state = np.zeros(2, np.int64), np.zeros(parts, np.int64)
        centre = np.zeros(dim, np.float32) if centre is None else np.ascontiguousarray(centre, np.float32)
        given = (z, table, bias, centre, np.array(limit, np.float32))

        def take(last: int) -> None:
            scratch = from_a_cache_line(groups * (group + self.width) + 2 * self.width)
            numbers = (count, len(table), dim, groups, last)
            self.call("two_best", *given, scratch, best, second, index, in_doubt, turn, state, *numbers)

        shared = threads > 1 and count * (products // self.width) >= SHARED_PRODUCTS
        others = run_beside(lambda: take(0), min(threads, parts) - 1) if shared else []
        take(1)
        if turn[1]:  # parts that another has taken, and was stopped before it could read them
            for one in others:
                one.result()
        elif still_at_work(others):  # who will write once more what is there already
            index = index.copy()
        return TwoBest(best[:count], second[:count], index[:count], in_doubt[:count].view(bool))

    def scores(self, x: np.ndarray, table: np.ndarray, bias: np.ndarray, codes: int) -> np.ndarray:
        """x (n, D) float32, a table of K codes as `packed` -> b_k - x.d_k of all: (n, K) float32."""
        count, dim = x.shape
        out = np.empty((-(-count // self.width), bias.size, self.width), np.float32)
        centre, scratch = np.zeros(dim, np.float32), np.empty(self.width * dim, np.float32)
        self.call("scores", x, table, bias, centre, scratch, out, count, len(table), dim)
        return out.transpose(0, 2, 1).reshape(-1, bias.size)[:count, :codes]

    def packed(self, table: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """d_k (D, K) and b_k (K,) as the kernels read them: -d_k in blocks (m, D, block), and (m * block,)."""
        dim, count = table.shape
        blocks = -(-count // self.block)
        codes = np.zeros((blocks * self.block, dim), np.float32)
        np.negative(table.T, out=codes[:count])
        codes = np.ascontiguousarray(codes.reshape(blocks, self.block, dim).transpose(0, 2, 1))
        full = np.full(blocks * self.block, np.inf, np.float32)
        full[:count] = bias
        return codes, full


def from_a_cache_line(count: int) -> np.ndarray:
    """float32 (count,) of any values, from the start of a line of the cache: what numpy hands out starts 16 bytes into
    one once it is large, and whatever reads or writes vectors there takes longer."""
    room = np.empty(count + 16, np.float32)
    start = -room.ctypes.data % 64 // 4
    return room[start : start + count]


@lru_cache(maxsize=2)
def machine(kind: Kind = "nearest") -> Machine | None:
    """The kernels of a kind; None without an llvmlite that can do this: numpy and torch do it then."""
    try:
        return compile_kernels(kind)
    except ImportError:
        return None
    except Exception as error:  # of another release, or on a processor that its LLVM does not know
        LOG.info("the search for codes is not compiled here: %s", error)
        return None


def features_here() -> dict[str, bool]:
    """What the processor can do, in LLVM's names."""
    import llvmlite.binding as llvm

    return dict(llvm.get_host_cpu_features())


def compile_kernels(kind: Kind = "nearest", features: dict[str, bool] | None = None) -> Machine:
    """The kernels for a processor that has these features: of this one, or fewer. Raises ImportError."""
    import llvmlite.binding as llvm
    from llvmlite import ir

    from explorer.quantizers.compiled.beam_kernel import write_continue_beams
    from explorer.quantizers.compiled.kernels import Lanes, write_scores, write_two_best

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = features_here() if features is None else features
    width, block = next(shape for name, shape in SHAPES.items() if not name or features.get(name))
    module = ir.Module("codes")
    module.triple = llvm.get_process_triple()
    writers = {
        "nearest": {"two_best": write_two_best, "scores": write_scores},
        "beams": {"continue_beams": write_continue_beams},
    }[kind]
    for write in writers.values():
        write(Lanes(module, width, block))
    text = ",".join(f"{'+' if has else '-'}{name}" for name, has in sorted(features.items()))
    target = llvm.Target.from_default_triple().create_target_machine(cpu=llvm.get_host_cpu_name(), features=text, opt=2)
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=0))
    passes = llvm.create_new_function_pass_manager()  # those of level 2 take ten times as long and gain nothing here
    passes.add_sroa_pass()  # variables into registers
    passes.add_instruction_combine_pass()
    for function in parsed.functions:
        if not function.is_declaration:
            passes.run(function, builder)
    engine = llvm.create_mcjit_compiler(parsed, target)
    engine.finalize_object()
    functions = {
        function.name: ctypes.CFUNCTYPE(
            None, *(ctypes.c_int64 if isinstance(a.type, ir.IntType) else ctypes.c_void_p for a in function.args)
        )(engine.get_function_address(function.name))
        for function in module.functions
        if function.name in writers
    }
    return Machine(width, block, functions, engine)
