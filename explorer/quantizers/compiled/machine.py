"""The kernels compiled for the processor at hand, once a process, and called without the lock of Python."""

from __future__ import annotations

import ctypes
import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

LOG = logging.getLogger(__name__)
Kind = Literal["nearest", "beams"]  # what is compiled together, in a twentieth of a second
# Floats in a register, and codes in a block, by what the processor has: as many sums as it has registers to spare.
SHAPES = {"avx512f": (16, 16), "avx2": (8, 8), "neon": (4, 16), "": (4, 8)}


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

    def two_best(self, x: np.ndarray, table: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x (n, D) float32, a table as `packed` -> the least score of each, the least but one, the code, (n,) each."""
        count, dim = x.shape
        room = -(-count // self.width) * self.width
        best, second, index = np.empty(room, np.float32), np.empty(room, np.float32), np.empty(room, np.int64)
        centre, scratch = np.zeros(dim, np.float32), np.empty(self.width * (dim + 2), np.float32)
        self.call("two_best", x, table, bias, centre, scratch, best, second, index, count, len(table), dim)
        return best[:count], second[:count], index[:count]

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
