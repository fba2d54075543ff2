"""One level of a beam search: of all continuations of a latent's partial sums the few that leave the least.

The least score of each block of codes is kept, for each partial sum; only of the blocks with the least of these are the
scores looked at one by one, since no more blocks than are sought can hold them.

Letters, beside those of `kernels`: B partial sums of each latent, S sought, J = min(S, B m) blocks looked through.
"""

from __future__ import annotations

from dataclasses import dataclass

from llvmlite import ir

from explorer.quantizers.compiled.kernels import TOGETHER, Lanes, least_of
from explorer.quantizers.compiled.writing import FLOAT, INF, INT, LONG, Function, constant

POINTERS = ("z", "table", "bias", "centre", "vectors", "scale", "scratch", "left", "parent", "code")
NUMBERS = ("groups", "m", "D", "B", "S", "J", "K")


@dataclass(frozen=True)
class Scratch:
    """Where a group of latents keeps what it needs, all of them vectors with a latent a lane."""

    x: ir.Value  # partial sums' remainders, (B, D)
    half: ir.Value  # half of their squared lengths, scaled as the scores are, (B,)
    least: ir.Value  # of each block, (B, m)
    blocks: ir.Value  # numbers of those looked through, (J,)
    scores: ir.Value  # of their codes, (J, block)
    found: ir.Value  # which of these are the least, (S,)


def write_continue_beams(lanes: Lanes) -> None:
    """continue_beams(z, table, bias, centre, vectors, scale, scratch, left, parent, code; groups, m, D, B, S, J, K).

    z (groups * width, B, D): what the partial sums leave; vectors (K, D): the codes themselves; scale (1,): of the
    scores. left (.., S, D), parent, code (.., S) int64: what is left then, the partial sum that goes on, and its code.
    """
    f = Function(lanes.module, "continue_beams", POINTERS, NUMBERS)
    z, table, bias, centre, vectors, scale, scratch, left, parent, code = f.arguments()[: len(POINTERS)]
    groups, m, dim, beams, sought, looked, codes = f.arguments()[len(POINTERS) :]
    factor = f.all_of(f.builder.fmul(f.load(scale), FLOAT(0.5)), lanes.width)
    places, sizes = [scratch], (f.times(beams, dim), beams, f.times(beams, m), looked, f.times(looked, lanes.block))
    for size in sizes:
        places.append(f.at(places[-1], f.times(size, lanes.width)))
    kept, row = Scratch(*places), f.times(beams, dim)
    with f.loop(groups) as group:
        first = f.times(group, lanes.width)
        with f.loop(beams) as beam:
            rows = [f.at(z, f.sum(f.times(f.sum(first, lane), row), f.times(beam, dim))) for lane in range(lanes.width)]
            x = f.at(kept.x, f.times(f.times(beam, dim), lanes.width))
            half = f.builder.fmul(lanes.pack(f, rows, centre, x, dim), factor)
            f.store(half, f.at(kept.half, f.times(beam, lanes.width)))
            begin = f.at(kept.least, f.times(f.times(beam, m), lanes.width))

            def keep(k: ir.Value, scores: list[ir.Value], half: ir.Value = half, begin: ir.Value = begin) -> None:
                f.store(f.builder.fadd(least_of(f, scores), half), f.at(begin, f.times(k, lanes.width)))

            lanes.each_block(f, x, table, bias, m, dim, keep)
        _take_least(f, lanes, kept.least, f.times(beams, m), kept.blocks, looked)
        _look_through(f, lanes, kept, table, bias, m, dim, looked)
        _take_least(f, lanes, kept.scores, f.times(looked, lanes.block), kept.found, sought)
        with f.loop(sought) as s, f.loop(lanes.width) as lane:
            place = f.builder.zext(f.load(f.at(kept.found, f.sum(f.times(s, lanes.width), lane)), INT), LONG)
            which, c = f.builder.udiv(place, LONG(lanes.block)), f.builder.urem(place, LONG(lanes.block))
            which = f.builder.zext(f.load(f.at(kept.blocks, f.sum(f.times(which, lanes.width), lane)), INT), LONG)
            beam, number = f.builder.udiv(which, m), f.builder.urem(which, m)
            number = f.sum(f.times(number, lanes.block), c)
            last = f.builder.sub(codes, LONG(1))  # what fills up the last block is none, and as far as infinity
            number = f.builder.select(f.builder.icmp_unsigned("<", number, codes), number, last)
            out = f.sum(f.times(f.sum(first, lane), sought), s)
            f.store(beam, f.at(parent, out, LONG))
            f.store(number, f.at(code, out, LONG))
            before = f.at(z, f.sum(f.times(f.sum(first, lane), row), f.times(beam, dim)))
            vector, after = f.at(vectors, f.times(number, dim)), f.at(left, f.times(out, dim))
            with f.loop(dim) as d:
                f.store(f.builder.fsub(f.load(f.at(before, d)), f.load(f.at(vector, d))), f.at(after, d))
    f.builder.ret_void()


def _take_least(f: Function, lanes: Lanes, values: ir.Value, count: ir.Value, out: ir.Value, many: ir.Value) -> None:
    """Numbers of the `many` least of values (count,), the least first, of equals the first. Those are made infinite."""
    with f.loop(many) as turn:
        least = f.variable(lanes.floats, constant(INF, lanes.width))
        where = f.variable(lanes.numbers, constant(0, lanes.width, INT))
        with f.loop(count) as i:
            value = f.load(f.at(values, f.times(i, lanes.width)), lanes.floats)
            less = f.builder.fcmp_ordered("<", value, least.get())
            least.set(f.builder.select(less, value, least.get()))
            number = f.all_of(f.builder.trunc(i, INT), lanes.width)
            where.set(f.builder.select(less, number, where.get()))
        place = f.at(out, f.times(turn, lanes.width))
        f.store(where.get(), place)
        with f.loop(lanes.width) as lane:
            number = f.builder.zext(f.load(f.at(place, lane), INT), LONG)
            f.store(FLOAT(INF), f.at(values, f.sum(f.times(number, lanes.width), lane)))


def _look_through(
    f: Function,
    lanes: Lanes,
    kept: Scratch,
    table: ir.Value,
    bias: ir.Value,
    m: ir.Value,
    dim: ir.Value,
    looked: ir.Value,
) -> None:
    """Scores of all codes of the blocks taken, each seen from the partial sum that it goes on from."""
    with f.loop(looked) as j, f.loop(lanes.width // TOGETHER) as part:
        some = [f.sum(f.times(part, TOGETHER), lane) for lane in range(TOGETHER)]
        place = f.times(j, lanes.width)
        found = [f.builder.zext(f.load(f.at(kept.blocks, f.sum(place, lane)), INT), LONG) for lane in some]
        beams, blocks = [f.builder.udiv(one, m) for one in found], [f.builder.urem(one, m) for one in found]
        scores = lanes.scores_of_block(
            f,
            [
                f.at(kept.x, f.sum(f.times(f.times(beam, dim), lanes.width), lane))
                for beam, lane in zip(beams, some, strict=True)
            ],
            [f.at(table, f.times(f.times(k, lanes.block), dim)) for k in blocks],
            [f.at(bias, f.times(k, lanes.block)) for k in blocks],
            dim,
            lanes.width,
        )
        for lane, beam, score in zip(some, beams, scores, strict=True):
            half = f.load(f.at(kept.half, f.sum(f.times(beam, lanes.width), lane)))
            score = f.builder.fadd(score, f.all_of(half, lanes.block))
            begin = f.at(kept.scores, f.sum(f.times(place, lanes.block), lane))
            for c in range(lanes.block):
                f.store(f.builder.extract_element(score, INT(c)), f.at(begin, c * lanes.width))
