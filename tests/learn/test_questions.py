"""Questions of the tour are answered by who knows: neither place nor length of an answer, nor its first word, tells."""

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest

from explorer.learn.chapter import Question
from explorer.learn.tour import CHAPTERS

QUESTIONS = [step.question for chapter in CHAPTERS for step in chapter.steps if step.question]
COUNTS = sorted({len(one.answers) for one in QUESTIONS})
AWAY = Fraction(1, 10)  # of the questions: so much more than by chance may a rule without knowledge have right, or less


def chosen_by_rule(score: Callable[[Question], Sequence[float]], questions: Sequence[Question]) -> Fraction:
    """Questions that are right for who takes the answer of the highest score, and among equal ones any."""
    right = Fraction(0)
    for question in questions:
        scores = score(question)
        if scores[question.right] == max(scores):
            right += Fraction(1, list(scores).count(max(scores)))
    return right


def lengths(question: Question) -> list[int]:
    return [len(answer) for answer in question.answers]


RULES = {
    "longest": lengths,
    "shortest": lambda question: [-one for one in lengths(question)],
    "most words": lambda question: [len(answer.split()) for answer in question.answers],
    "fewest words": lambda question: [-len(answer.split()) for answer in question.answers],
    "in the middle": lambda question: [-abs(one - sorted(lengths(question))[1]) for one in lengths(question)],
    "with a colon": lambda question: [":" in answer for answer in question.answers],
    **{
        f"number {n}": lambda question, n=n: [number == n for number in range(len(question.answers))]
        for n in range(max(COUNTS))
    },
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("count", COUNTS)
def test_who_goes_by_a_rule_does_no_better_than_by_chance(rule, count):
    """Of 53 right answers 41 were the longest, and of those of two answers 19 of 20 the second."""
    questions = [one for one in QUESTIONS if len(one.answers) == count]
    by_chance = Fraction(len(questions), count)
    if (rule == "in the middle" and count == 2) or (rule.startswith("number") and int(rule[7:]) >= count):
        pytest.skip("there is none")
    assert abs(chosen_by_rule(RULES[rule], questions) - by_chance) <= AWAY * len(questions)


@pytest.mark.parametrize("rule", RULES)
def test_nor_in_the_quiz(rule):
    """It asks the last question of a chapter, of twelve chapters that are spread over all (`views/learn/quiz.js`)."""
    last = [
        next(step.question for step in reversed(chapter.steps) if step.question)
        for chapter in CHAPTERS
        if any(step.question for step in chapter.steps)
    ]
    bank = [last[number * len(last) // 12] for number in range(12)]
    if rule == "in the middle":
        bank = [one for one in bank if len(one.answers) > 2]
    asked = [one for one in bank if not rule.startswith("number") or int(rule[7:]) < len(one.answers)]
    by_chance = sum(Fraction(1, len(one.answers)) for one in asked)
    assert abs(chosen_by_rule(RULES[rule], asked) - by_chance) <= 2


def test_yes_is_right_as_often_as_no():
    """It was No each time."""
    firsts = [one.answers[one.right].partition(":")[0].partition(",")[0] for one in QUESTIONS]
    found = Counter(first for first in firsts if first in ("Yes", "No"))
    assert found["Yes"] == found["No"] > 0
