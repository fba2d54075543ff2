"""Two grids, a coarse and a fine one: VQ-VAE-2."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.inspect_links import DECODED, LEVELS, PICTURE, TOKENS

SHOWN = {"tokenizer": "vq-vae-2", "picture": "coffee"}
EQUATION = (
    Term("z_top", "latents of the coarse grid, one for each 8 x 8 pixels"),
    Term(" = E_top(x),   "),
    Term("z_bottom", "latents of the fine grid, one for each 4 x 4 pixels"),
    Term(" = E_bottom(x, "),
    Term("q_top", "codes of the coarse grid: the fine one is encoded with them in view"),
    Term("),   x\N{COMBINING CIRCUMFLEX ACCENT} = D("),
    Term("q_top, q_bottom", "the decoder sees both grids together"),
    Term(")"),
)

CHAPTER = Chapter(
    "hierarchical",
    "Hierarchical: two grids",
    "A coarse grid for the large, a fine one for what it left out; each has its own codebook.",
    (
        Step(
            "One picture, two grids",
            "This tokenizer writes a picture twice. Group 1 is a coarse grid, one number for each 8 x 8 pixels. Switch "
            "to group 2 above the tokens: one number for each 4 x 4 pixels, four times as many.",
            "",
            SHOWN,
            (LEVELS, PICTURE, TOKENS),
            "VQ-VAE-2 (Razavi et al. 2019, arXiv 1906.00446) encodes the fine grid with the decoded coarse one in "
            "view, so that it need not say the same again. Both codebooks have 512 codes here.",
            EQUATION,
        ),
        Step(
            "The coarse grid alone",
            "Only group 1 is decoded now, in the framed panel. Shapes are where they were, but light and detail are "
            "not: the decoder has learnt to read both grids together.",
            "",
            SHOWN | {"mode": "solo", "level_no": "1"},
            (DECODED,),
            "What is left out gives the mean of its codes, since the decoder must be given something.",
            question=Question(
                "A coarse and a fine grid have 512 codes each. Which costs more bits?",
                ("The coarse one: it carries the large things", "The fine one: it has four times the tokens"),
                1,
                "Each token costs 9 bits in either grid. 32 x 21 tokens against 64 x 42: the fine grid takes four "
                "fifths of all bits.",
            ),
        ),
        Step(
            "The fine grid alone",
            "Now only group 2. PSNR, in decibels, says how near the picture is to the original: higher is nearer. It "
            "was below 14 dB and is above 16 now, with edges in place, and light and colour are still wrong.",
            "",
            SHOWN | {"mode": "solo", "level_no": "2"},
            (DECODED,),
            question=Question(
                "Is the fine grid of VQ-VAE-2 the residual of the coarse one, as in RVQ?",
                ("No: a network joins the two grids", "Yes: its codes are added to the coarse ones"),
                0,
                "Nothing is subtracted or added between codes. The network in between decides who says what, which is "
                "why neither grid is a picture by itself.",
            ),
        ),
        Step(
            "Your task: spend the bits well",
            "All of it costs 0.70 bits a pixel. You may spend 0.6.",
            "",
            SHOWN | {"mode": "solo", "level_no": "1"},
            (DECODED,),
            task=Task(
                "Keep at least 16 dB (PSNR) at 0.6 bits a pixel or less, with this tokenizer and this picture.",
                (
                    Fact("tokenizer", "is", "vq-vae-2"),
                    Fact("picture", "is", "coffee", "picture:"),
                    Fact("bpp_uniform", "at most", 0.6, "bits a pixel"),
                    Fact("psnr_db", "at least", 16.0, "PSNR, dB"),
                ),
                "One grid must go. Choose above the tokens which one is decoded alone, or which is muted.",
                "Done. The fine grid alone keeps more of the pixels than the coarse one alone, at four times its bits.",
            ),
        ),
    ),
)
