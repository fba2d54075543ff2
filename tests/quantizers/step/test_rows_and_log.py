"""What a training step is made of: rows drawn in fixed shapes, spreads, the log of reseeds, and the reservoir."""

from __future__ import annotations

import pytest
import torch

from explorer.quantizers.step.events import EventLog
from explorer.quantizers.step.reservoir import Reservoir
from explorer.quantizers.step.rows import Rows, draw_true


def spoiled(count: int, every: int, dim: int = 3) -> torch.Tensor:
    """Latents (count, dim) of which each `every`-th is not finite."""
    z = torch.randn(count, dim, generator=torch.Generator().manual_seed(count))
    z[::every, 1] = torch.nan
    return z


def test_places_are_drawn_from_those_that_are_true_each_once_and_all_as_often():
    torch.manual_seed(0)
    mask = torch.tensor([True, False, True, True, False, True])
    drawn = torch.stack([draw_true(mask, 2) for _ in range(4000)])
    assert (drawn[:, 0] != drawn[:, 1]).all()
    assert torch.bincount(drawn.flatten(), minlength=6).tolist() == pytest.approx(
        [2000, 0, 2000, 2000, 0, 2000], abs=150
    )
    assert sorted(draw_true(mask, 4).tolist()) == [0, 2, 3, 5]
    assert sorted(draw_true(mask, 6)[:4].tolist()) == [0, 2, 3, 5] and len(draw_true(mask, 6)) == 6
    torch.manual_seed(1)
    first = draw_true(torch.ones(50, dtype=torch.bool), 7)
    torch.manual_seed(1)
    assert torch.equal(first, torch.randperm(50)[:7])


def test_rows_that_are_not_finite_are_never_drawn_nor_measured():
    torch.manual_seed(0)
    z = spoiled(40, 4)
    rows, finite = Rows(z), z[z.isfinite().all(1)]
    assert len(rows) == 40 and int(rows.many) == 30
    assert all(rows.take(rows.draw(30)).isfinite().all() for _ in range(20))
    drawn = torch.bincount(rows.draw_any(30_000), minlength=40)
    assert (drawn[::4] == 0).all() and drawn[drawn > 0].tolist() == pytest.approx([1000] * 30, abs=150)
    torch.testing.assert_close(rows.spread, finite.std(0))
    torch.testing.assert_close(rows.spread_of_all, finite.std(0, unbiased=False))
    torch.testing.assert_close(Rows(z + 100).spread, finite.std(0), rtol=1e-3, atol=0)


@pytest.mark.parametrize("many", [0, 1])
def test_the_spread_of_fewer_than_two_is_nothing(many):
    z = torch.full((3, 2), torch.nan)
    z[:many] = 5.0
    assert Rows(z).spread.tolist() == [0.0, 0.0] == Rows(z).spread_of_all.tolist()


def test_the_log_gives_each_event_once_and_the_newest_where_there_is_no_room(monkeypatch):
    monkeypatch.setattr("explorer.quantizers.step.events.EVENTS_KEPT", 6)
    log, written = EventLog(4, torch.device("cpu")), []
    assert log.drain() == []
    for step in range(9):
        codes, sources = torch.arange(4) + step, torch.arange(4) * 10
        many = step % 4
        log.write(torch.tensor(step), 2, codes, sources, torch.tensor(many))
        written += [[step, 2, step + n, 10 * n] for n in range(many)]
        if step in (2, 3):
            assert log.drain() == written[-many if step == 3 else 0 :]
    assert log.drain() == written[-6:] and log.drain() == []


def test_the_reservoir_takes_whole_batches_until_it_is_full_and_then_an_eighth():
    torch.manual_seed(0)
    reservoir = Reservoir(32, 1)
    for batch, (held, new) in enumerate([(12, 12), (24, 12), (32, 8), (32, 4), (32, 4)]):
        reservoir.add(Rows(100.0 * batch + torch.arange(12.0)[:, None]))
        values = reservoir.sample()[:, 0]
        assert len(reservoir) == held == int(reservoir.held.sum()) == len(set(values.tolist()))
        assert int((values >= 100 * batch).sum()) == new
    reservoir.add(Rows(torch.full((12, 1), torch.nan)))
    assert reservoir.sample().isfinite().all() and len(reservoir) == 32
    assert sorted(reservoir.sample()[:, 0].tolist())[:4] != [0, 1, 2, 3]  # the eldest made room
    reservoir.add(Rows(torch.tensor([[-1.0], [torch.nan], [-2.0]])))
    assert sorted(reservoir.sample()[:, 0].tolist())[:2] == [-2.0, -1.0]
