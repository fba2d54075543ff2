"""A function of LLVM, written step by step: loops, variables, and vectors of one latent, or one code, a lane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from llvmlite import ir

FLOAT, BYTE, INT, LONG, POINTER = ir.FloatType(), ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.PointerType()
INF = float("inf")


class Variable:
    """A value that changes; LLVM keeps it in a register."""

    def __init__(self, function: Function, kind: ir.Type, first: ir.Value) -> None:
        self.builder, self.kind = function.builder, kind
        with self.builder.goto_entry_block():
            self.place = self.builder.alloca(kind)
        self.set(first)

    def get(self) -> ir.Value:
        """What it is now."""
        return self.builder.load(self.place, typ=self.kind)

    def set(self, value: ir.Value) -> None:
        """Make it `value`."""
        self.builder.store(value, self.place)


class Function:
    """A function without a result, of pointers and then of whole numbers; `width` floats make a vector."""

    def __init__(self, module: ir.Module, name: str, pointers: Sequence[str], numbers: Sequence[str]) -> None:
        kind = ir.FunctionType(ir.VoidType(), [POINTER] * len(pointers) + [LONG] * len(numbers))
        self.made = ir.Function(module, kind, name)
        for argument, word in zip(self.made.args, (*pointers, *numbers), strict=True):
            argument.name = word
        for argument in self.made.args[: len(pointers)]:
            argument.add_attribute("noalias")
        self.module, self.builder = module, ir.IRBuilder(self.made.append_basic_block("entry"))
        body = self.made.append_basic_block("body")
        self.entry_end = self.builder.branch(body)  # variables are made before it
        self.builder.position_at_end(body)

    def arguments(self) -> tuple[ir.Value, ...]:
        """Pointers and numbers, in the order given."""
        return tuple(self.made.args)

    def variable(self, kind: ir.Type, first: ir.Value) -> Variable:
        return Variable(self, kind, first)

    @contextmanager
    def loop(self, count: ir.Value | int) -> Iterator[ir.Value]:
        """The body for 0, 1, .. to count - 1; of at least one."""
        index, end = self.variable(LONG, LONG(0)), count if isinstance(count, ir.Value) else LONG(count)
        start, after = self.made.append_basic_block(), None
        self.builder.branch(start)
        self.builder.position_at_end(start)
        now = index.get()
        yield now
        following = self.builder.add(now, LONG(1))
        index.set(following)
        after = self.made.append_basic_block()
        self.builder.cbranch(self.builder.icmp_unsigned("<", following, end), start, after)
        self.builder.position_at_end(after)

    @contextmanager
    def taken_in_turn(self, counter: ir.Value, count: ir.Value) -> Iterator[ir.Value]:
        """The body for the numbers below `count` that no other thread has taken from the same counter, one by one."""
        ask, body, after = (self.made.append_basic_block() for _ in range(3))
        self.builder.branch(ask)
        self.builder.position_at_end(ask)
        number = self.builder.atomic_rmw("add", counter, LONG(1), "acq_rel")
        self.builder.cbranch(self.builder.icmp_unsigned("<", number, count), body, after)
        self.builder.position_at_end(body)
        yield number
        self.builder.branch(ask)
        self.builder.position_at_end(after)

    def tell(self, states: ir.Value, place: ir.Value, number: int) -> None:
        """states[place] = number, for other threads, with all that was written before it."""
        self.builder.atomic_rmw("xchg", self.at(states, place, LONG), LONG(number), "acq_rel")

    def sum(self, *terms: ir.Value | int) -> ir.Value:
        """Of whole numbers."""
        total = terms[0]
        for term in terms[1:]:
            total = self.builder.add(total, term if isinstance(term, ir.Value) else LONG(term))
        return total

    def times(self, a: ir.Value, b: ir.Value | int) -> ir.Value:
        """Of whole numbers."""
        return self.builder.mul(a, b if isinstance(b, ir.Value) else LONG(b))

    def at(self, pointer: ir.Value, place: ir.Value | int, kind: ir.Type = FLOAT) -> ir.Value:
        """The address of an entry, of floats or of whole numbers."""
        place = place if isinstance(place, ir.Value) else LONG(place)
        return self.builder.gep(pointer, [place], source_etype=kind)

    def load(self, pointer: ir.Value, kind: ir.Type = FLOAT) -> ir.Value:
        """A number, or a vector of them that need not be aligned."""
        return self.builder.load(pointer, typ=kind, align=4 if kind is not LONG else 8)

    def store(self, value: ir.Value, pointer: ir.Value) -> None:
        bytewise = isinstance(value.type, ir.VectorType) and value.type.element == BYTE
        self.builder.store(value, pointer, align=8 if value.type == LONG else 1 if bytewise else 4)

    def all_of(self, number: ir.Value, width: int) -> ir.Value:
        """A vector that has `number` in each lane."""
        kind = ir.VectorType(number.type, width)
        one = self.builder.insert_element(ir.Constant(kind, ir.Undefined), number, INT(0))
        zeros = ir.Constant(ir.VectorType(INT, width), None)
        return self.builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros)

    def plus_product(self, total: ir.Value, a: ir.Value, b: ir.Value) -> ir.Value:
        """total + a * b, rounded once where the machine can."""
        return self._intrinsic("fmuladd", total.type, [a, b, total])

    def lesser(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """b where a is NaN; one step of a processor, as a minimum that minds NaN is not."""
        return self.builder.select(self.builder.fcmp_ordered("<", a, b), a, b)

    def greater(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """b where a is NaN."""
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)

    def root(self, vector: ir.Value) -> ir.Value:
        """Of each number of a vector."""
        return self._intrinsic("sqrt", vector.type, [vector])

    def least_everywhere(self, vector: ir.Value) -> ir.Value:
        """The least number of a vector, in all of its lanes; halves are compared, so that few steps wait for others."""
        count = vector.type.count
        while (count := count // 2) > 0:
            turned = [INT((lane + count) % vector.type.count) for lane in range(vector.type.count)]
            mask = ir.Constant(ir.VectorType(INT, vector.type.count), turned)
            vector = self.lesser(vector, self.builder.shuffle_vector(vector, vector, mask))
        return vector

    def _intrinsic(self, word: str, result: ir.Type, given: list[ir.Value]) -> ir.Value:
        """One of LLVM's own functions of vectors of floats."""
        name = f"llvm.{word}.v{given[0].type.count}f32"
        made = self.module.globals.get(name)
        made = made or ir.Function(self.module, ir.FunctionType(result, [one.type for one in given]), name)
        return self.builder.call(made, given)


def constant(number: float, width: int, kind: ir.Type = FLOAT) -> ir.Constant:
    """A vector that has `number` in each lane."""
    return ir.Constant(ir.VectorType(kind, width), [kind(number)] * width)
