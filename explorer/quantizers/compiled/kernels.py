"""The kernels, for lanes of any width: the two best codes of each latent, and the best continuations of beams.

Latents are taken `width` at a time, one a lane, and codes in blocks of `block`, of which each has a register that
collects its scores b_k - x.d_k. Of a block only the least score goes on; which of its codes it was is found at the end,
for one block, by the same sums in the same order.

Letters: n latents, D dimensions, m blocks of codes. Tables are (m, D, block) and hold -d_k; codes that fill up the last
block have the bias inf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from llvmlite import ir

from explorer.quantizers.compiled.writing import BYTE, FLOAT, INF, INT, LONG, Function, constant

Pair = tuple[ir.Value, ir.Value]
TOGETHER = 4  # latents whose last block is looked through at a time, so that none waits for its own sums


class Lanes:
    """What all kernels share: how wide they are, and the loop over blocks of codes."""

    def __init__(self, module: ir.Module, width: int, block: int) -> None:
        self.module, self.width, self.block = module, width, block
        self.floats, self.numbers = ir.VectorType(FLOAT, width), ir.VectorType(INT, width)

    def pack(self, f: Function, rows: list[ir.Value], centre: ir.Value, out: ir.Value, dim: ir.Value) -> ir.Value:
        """Latents at `rows`, seen from `centre`, as (D, width) in `out`; the squares of their lengths, one a lane."""
        squares = f.variable(self.floats, constant(0.0, self.width))
        with f.loop(dim) as d:
            column = ir.Constant(self.floats, ir.Undefined)
            for lane, row in enumerate(rows):
                column = f.builder.insert_element(column, f.load(f.at(row, d)), INT(lane))
            column = f.builder.fsub(column, f.all_of(f.load(f.at(centre, d)), self.width))
            f.store(column, f.at(out, f.times(d, self.width)))
            squares.set(f.plus_product(squares.get(), column, column))
        return squares.get()

    def each_block(
        self, f: Function, x: ir.Value, table: ir.Value, bias: ir.Value, blocks: ir.Value, dim: ir.Value,
        then: Callable[[ir.Value, list[ir.Value]], None],
    ) -> None:  # fmt: skip
        """then(number of the block, scores of each of its codes, a latent a lane), for latents x (D, width)."""
        size = f.times(dim, self.block)
        with f.loop(blocks) as k:
            first, codes = f.at(bias, f.times(k, self.block)), f.at(table, f.times(k, size))
            sums = [f.variable(self.floats, f.all_of(f.load(f.at(first, c)), self.width)) for c in range(self.block)]
            with f.loop(dim) as d:
                column, row = f.load(f.at(x, f.times(d, self.width)), self.floats), f.at(codes, f.times(d, self.block))
                for c, total in enumerate(sums):
                    code = f.all_of(f.load(f.at(row, c)), self.width)
                    total.set(f.plus_product(total.get(), code, column))
            then(k, [total.get() for total in sums])

    def scores_of_block(
        self, f: Function, x: list[ir.Value], table: list[ir.Value], bias: list[ir.Value], dim: ir.Value, step: int
    ) -> list[ir.Value]:
        """Scores of the codes of one block each, a code a lane; x: where each latent begins, `step` floats a number."""
        kind = ir.VectorType(FLOAT, self.block)
        sums = [f.variable(kind, f.load(first, kind)) for first in bias]
        with f.loop(dim) as d:
            for total, latent, codes in zip(sums, x, table, strict=True):
                number = f.all_of(f.load(f.at(latent, f.times(d, step))), self.block)
                codes = f.load(f.at(codes, f.times(d, self.block)), kind)
                total.set(f.plus_product(total.get(), codes, number))
        return [total.get() for total in sums]


def least_of(f: Function, vectors: list[ir.Value]) -> ir.Value:
    """The least in each lane, pair by pair, so that no step waits for the one before."""
    while len(vectors) > 1:
        vectors = [reduce(f.lesser, vectors[i : i + 2]) for i in range(0, len(vectors), 2)]
    return vectors[0]


def rows_of(f: Function, lanes: Lanes, z: ir.Value, first: ir.Value, count: ir.Value, dim: ir.Value) -> list[ir.Value]:
    """Where `width` latents of z (n, D) begin, from the one of number `first` on: beyond the end the last stands in."""
    last, rows = f.builder.sub(count, LONG(1)), []
    for lane in range(lanes.width):
        row = f.sum(first, lane)
        row = f.builder.select(f.builder.icmp_unsigned("<", row, count), row, last)
        rows.append(f.at(z, f.times(row, dim)))
    return rows


def write_scores(lanes: Lanes) -> None:
    """scores(z, table, bias, centre, scratch, out; n, m, D): all of them, (vectors of latents, m * block, width)."""
    width, block = lanes.width, lanes.block
    f = Function(lanes.module, "scores", ("z", "table", "bias", "centre", "scratch", "out"), ("n", "m", "D"))
    z, table, bias, centre, scratch, out, n, blocks, dim = f.arguments()
    with f.loop(f.builder.udiv(f.sum(n, width - 1), LONG(width))) as group:
        lanes.pack(f, rows_of(f, lanes, z, f.times(group, width), n, dim), centre, scratch, dim)
        begin = f.at(out, f.times(f.times(group, blocks), block * width))

        def keep(k: ir.Value, scores: list[ir.Value], begin: ir.Value = begin) -> None:
            place = f.at(begin, f.times(k, block * width))
            for c, score in enumerate(scores):
                f.store(score, f.at(place, c * width))

        lanes.each_block(f, scratch, table, bias, blocks, dim, keep)
    f.builder.ret_void()


def write_two_best(lanes: Lanes) -> None:
    """two_best(z, table, bias, centre, limit, scratch, best, second, index, open, turn, state; n, m, D, G, last).

    Of each latent the least score, the least but one, the code of the least, int64, and whether rounding may have
    swapped them, uint8: whether second - best is no more than limit[0] of its length from the centre and limit[1], or
    it is longer than limit[2]. z (n, D); what is written has room for whole vectors.

    Any number of threads call it with the same arguments, but for scratch, (G D + G + 2) vectors of their own. G
    vectors of latents are a part; turn[0] is the next part, and state[part] is 1 when its latents have been read, 2
    when it is done. One thread asks with `last`: when no part is left it does those again that others have read and not
    done, since these may be without a core, and counts in turn[1] those that are not even read.
    """
    pointers = ("z", "table", "bias", "centre", "limit", "scratch", "best", "second", "index", "open", "turn", "state")
    of_part = _write_two_best_of(lanes, pointers)
    f = Function(lanes.module, "two_best", pointers, ("n", "m", "D", "G", "last"))
    *_, turn, state, n, blocks, dim, groups, last = f.arguments()
    size = f.times(groups, lanes.width)
    parts = f.builder.udiv(f.sum(n, f.builder.sub(size, LONG(1))), size)
    given = (*f.arguments()[: len(pointers)], n, blocks, dim, groups)
    with f.taken_in_turn(turn, parts) as part:
        f.builder.call(of_part, [*given, part])
    with f.builder.if_then(f.builder.icmp_unsigned("!=", last, LONG(0))), f.loop(parts) as part:
        now = f.builder.load_atomic(f.at(state, part, LONG), "acquire", 8, typ=LONG)
        with f.builder.if_then(f.builder.icmp_unsigned("==", now, LONG(1))):
            f.builder.call(of_part, [*given, part])
        with f.builder.if_then(f.builder.icmp_unsigned("==", now, LONG(0))):
            unread = f.at(turn, 1, LONG)
            f.store(f.sum(f.load(unread, LONG), 1), unread)
    f.builder.ret_void()


def _write_two_best_of(lanes: Lanes, pointers: Sequence[str]) -> ir.Function:
    """two_best_of(..; n, m, D, G, part): one part of `two_best`."""
    width = lanes.width
    f = Function(lanes.module, "two_best_of", pointers, ("n", "m", "D", "G", "part"))
    z, table, bias, centre, limit, scratch, *out, _, state, n, blocks, dim, groups, part = f.arguments()
    begin, size = f.times(f.times(part, groups), width), f.times(dim, width)
    here = f.builder.udiv(f.sum(f.builder.sub(n, begin), width - 1), LONG(width))
    here = f.builder.select(f.builder.icmp_unsigned("<", here, groups), here, groups)
    limits, kept = f.at(scratch, f.times(groups, size)), f.at(scratch, f.times(groups, f.sum(size, width)))
    kept = kept, f.at(kept, width)
    a, b, most = (f.all_of(f.load(f.at(limit, i)), width) for i in range(3))
    with f.loop(here) as group:
        rows = rows_of(f, lanes, z, f.sum(begin, f.times(group, width)), n, dim)
        length = f.root(lanes.pack(f, rows, centre, f.at(scratch, f.times(group, size)), dim))
        bound = f.builder.select(
            f.builder.fcmp_ordered("<=", length, most), f.plus_product(b, a, length), constant(INF, width)
        )
        f.store(bound, f.at(limits, f.times(group, width)))
    f.tell(state, part, 1)
    with f.loop(here) as group:
        x, first = f.at(scratch, f.times(group, size)), f.sum(begin, f.times(group, width))
        best, second = (f.variable(lanes.floats, constant(INF, width)) for _ in range(2))
        where = f.variable(lanes.numbers, constant(0, width, INT))

        def keep(k: ir.Value, scores: list[ir.Value], best=best, second=second, where=where) -> None:
            least = least_of(f, scores)
            second.set(f.lesser(f.greater(least, best.get()), second.get()))
            nearer = f.builder.fcmp_ordered("<", least, best.get())
            best.set(f.builder.select(nearer, least, best.get()))
            number = f.all_of(f.builder.trunc(k, INT), width)
            where.set(f.builder.select(nearer, number, where.get()))

        lanes.each_block(f, x, table, bias, blocks, dim, keep)
        f.store(where.get(), kept[0])
        f.store(second.get(), kept[1])
        with f.loop(width // TOGETHER) as some:
            _settle(f, lanes, x, kept, (table, bias), dim, f.times(some, TOGETHER), first, out)
        best, second = (f.load(f.at(one, first), lanes.floats) for one in out[:2])
        bound = f.load(f.at(limits, f.times(group, width)), lanes.floats)
        clear = f.builder.fcmp_ordered(">", f.builder.fsub(second, best), bound)
        flags = f.builder.zext(f.builder.not_(clear), ir.VectorType(BYTE, width))
        f.store(flags, f.at(out[3], first, BYTE))
    f.tell(state, part, 2)
    f.builder.ret_void()
    return f.made


def _settle(
    f: Function,
    lanes: Lanes,
    x: ir.Value,
    kept: Pair,
    codes: Pair,
    dim: ir.Value,
    start: ir.Value,
    first: ir.Value,
    out: Sequence[ir.Value],
) -> None:
    """Which code of its best block is the nearest, for some latents from lane `start` on; lane 0 is latent `first`."""
    some = [f.sum(start, lane) for lane in range(TOGETHER)]
    found = [f.builder.zext(f.load(f.at(kept[0], lane), INT), LONG) for lane in some]
    table = [f.at(codes[0], f.times(f.times(k, lanes.block), dim)) for k in found]
    bias = [f.at(codes[1], f.times(k, lanes.block)) for k in found]
    scores = lanes.scores_of_block(f, [f.at(x, lane) for lane in some], table, bias, dim, lanes.width)
    for lane, k, score in zip(some, found, scores, strict=True):
        place, least, other = _two_least_lanes(f, score)
        row = f.sum(first, lane)
        f.store(least, f.at(out[0], row))
        f.store(f.lesser(other, f.load(f.at(kept[1], lane))), f.at(out[1], row))
        f.store(f.sum(f.times(k, lanes.block), place), f.at(out[2], row, LONG))


def _two_least_lanes(f: Function, scores: ir.Value) -> tuple[ir.Value, ir.Value, ir.Value]:
    """The first lane of the least number, that number, and the least of the others."""
    count, builder = scores.type.count, f.builder
    least = f.least_everywhere(scores)
    equal = builder.bitcast(builder.fcmp_ordered("==", scores, least), ir.IntType(count))
    equal = builder.zext(equal, LONG) if count < 64 else equal
    place = builder.and_(builder.cttz(equal, ir.IntType(1)(0)), LONG(count - 1))  # of NaN alone: 0
    numbers = ir.Constant(ir.VectorType(INT, count), [INT(lane) for lane in range(count)])
    itself = builder.icmp_unsigned("==", numbers, f.all_of(builder.trunc(place, INT), count))
    other = f.least_everywhere(builder.select(itself, constant(INF, count), scores))
    return place, builder.extract_element(least, INT(0)), builder.extract_element(other, INT(0))
