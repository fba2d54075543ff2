"""The chapters, in the order in which they build on each other."""

from __future__ import annotations

from explorer.learn.chapter import Chapter
from explorer.learn.chapters.additive import CHAPTER as ADDITIVE
from explorer.learn.chapters.anchors import CHAPTER as ANCHORS
from explorer.learn.chapters.assignment import CHAPTER as ASSIGNMENT
from explorer.learn.chapters.bits import CHAPTER as BITS
from explorer.learn.chapters.cells import CHAPTER as CELLS
from explorer.learn.chapters.choosing import CHAPTER as CHOOSING
from explorer.learn.chapters.collapse import CHAPTER as COLLAPSE
from explorer.learn.chapters.commitment import CHAPTER as COMMITMENT
from explorer.learn.chapters.ema import CHAPTER as EMA
from explorer.learn.chapters.gradients import CHAPTER as GRADIENTS
from explorer.learn.chapters.hierarchical import CHAPTER as HIERARCHICAL
from explorer.learn.chapters.initialization import CHAPTER as INITIALIZATION
from explorer.learn.chapters.language import CHAPTER as LANGUAGE
from explorer.learn.chapters.lattices import CHAPTER as LATTICES
from explorer.learn.chapters.multihead import CHAPTER as MULTIHEAD
from explorer.learn.chapters.onedim import CHAPTER as ONEDIM
from explorer.learn.chapters.products import CHAPTER as PRODUCTS
from explorer.learn.chapters.rate import CHAPTER as RATE
from explorer.learn.chapters.regularizers import CHAPTER as REGULARIZERS
from explorer.learn.chapters.remedies import CHAPTER as REMEDIES
from explorer.learn.chapters.reseeding import CHAPTER as RESEEDING
from explorer.learn.chapters.residual import CHAPTER as RESIDUAL
from explorer.learn.chapters.soft import CHAPTER as SOFT
from explorer.learn.chapters.sound import CHAPTER as SOUND
from explorer.learn.chapters.sphere import CHAPTER as SPHERE
from explorer.learn.chapters.tokens import CHAPTER as TOKENS

CHAPTERS: tuple[Chapter, ...] = (
    TOKENS,
    CELLS,
    COMMITMENT,
    GRADIENTS,
    SOFT,
    EMA,
    INITIALIZATION,
    COLLAPSE,
    RESEEDING,
    REMEDIES,
    REGULARIZERS,
    RESIDUAL,
    SOUND,
    PRODUCTS,
    ADDITIVE,
    MULTIHEAD,
    HIERARCHICAL,
    LATTICES,
    BITS,
    SPHERE,
    ANCHORS,
    ONEDIM,
    RATE,
    LANGUAGE,
    ASSIGNMENT,
    CHOOSING,
)
