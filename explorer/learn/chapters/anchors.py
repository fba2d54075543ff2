"""Graphs: a node is said by its anchors and its relations."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.inspect_links import GRAPH, NODE

CLUB, WORLD = {"tokenizer": "gart", "picture": "karate"}, {"tokenizer": "gart", "picture": "world"}
EQUATION = (
    Term("W(v)", "the tuple of node v: its tokens"),
    Term(" = { "),
    Term("a\N{SUBSCRIPT ONE} \N{HORIZONTAL ELLIPSIS} a_k", "the k anchors that are nearest to v; here k = 4"),
    Term(" , "),
    Term("distances", "how many edges away each of them is"),
    Term(" , "),
    Term("r\N{SUBSCRIPT ONE} \N{HORIZONTAL ELLIPSIS} r_d", "kinds of edges at v, outwards or inwards; here d = 4"),
    Term(" }"),
)

CHAPTER = Chapter(
    "anchors",
    "Graphs: anchors and relations",
    "A million nodes need no million codes: a node is told by the few known nodes that are near it.",
    (
        Step(
            "A few known nodes",
            "34 members of a karate club, a line where two are friends. The seven ringed ones are anchors. Choose any "
            "other member: the four nearest anchors, and how many edges away each is, are its tokens. Together they "
            "are called its tuple.",
            "",
            CLUB,
            (GRAPH, NODE),
            "NodePiece (Galkin et al. 2022, arXiv 2106.12144); the survey of Li et al. 2025 (arXiv 2507.22920), "
            "section 2.8, calls the family GART. Nothing is trained: anchors are chosen, the rest is counting edges.",
            EQUATION,
        ),
        Step(
            "The vocabulary is small",
            "A relation is the kind of an edge: friend of, borders, flows into. However many nodes a graph has, its "
            "tokens are only numbers of anchors, small distances and kinds of relations.",
            "",
            None,
            (NODE,),
            question=Question(
                "A graph of a million nodes gets 1,000 anchors and has 50 kinds of relations. How many codes does a "
                "language model need for it?",
                ("About 1,050, and a few for distances", "A million: a node can have no other name"),
                0,
                "New words are made by combining: four of 1,000 anchors give far more tuples than there are nodes.",
            ),
        ),
        Step(
            "Relations, too",
            "Countries, rivers and planets, and eleven kinds of edges between them. Choose a country: beside anchors "
            "its tuple names the kinds of edges it has.",
            "",
            WORLD,
            (GRAPH, NODE),
            question=Question(
                "Each node of a graph is told by a tuple of its nearest anchors. Can the graph be decoded from these?",
                ("Yes: they hold all edges, as tokens hold a picture", "No: they do not tell which edges a node has"),
                1,
                "This tokenizer has no decoder. What is lost is seen in nodes that share a tuple: nobody can tell them "
                "apart any more.",
            ),
        ),
        Step(
            "Your task: find the twins",
            "Back in the club some members cannot be told apart.",
            "",
            CLUB,
            (GRAPH, NODE),
            task=Task(
                "Choose a member whose tuple six others have as well.",
                (Fact("picture", "is", "karate", "graph:"), Fact("sharers", "at least", 6, "others with this tuple")),
                "They are all at the same distances from the same anchors. Look in the table for rows that are alike: "
                "member 34 and member 33 at 1 edge, member 3 at 2. Choose one, and read the last line of its tuple.",
                "Done. More anchors, or better placed ones, would tell them apart: try the other choices of anchors.",
            ),
        ),
    ),
)
