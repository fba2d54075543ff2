"""A mapping that is bounded: what was not used for longest goes, and is handed back."""

from explorer.foundation.recent import Recent


def test_the_longest_unused_goes_first_and_is_handed_back():
    recent = Recent(2)
    assert [recent.put(key, key.upper()) for key in "ab"] == [{}, {}]
    assert recent.use("a") == "A", "which makes b the oldest"
    assert recent.put("c", "C") == {"b": "B"} and list(recent) == ["a", "c"]
    assert recent.use("b") is None and list(recent) == ["a", "c"], "asking for what is not there changes nothing"


def test_an_older_value_of_a_key_goes_for_the_new_one_but_not_for_itself():
    recent, value = Recent(2), object()
    recent.put("a", value)
    recent.put("b", 2)
    assert recent.put("a", value) == {} and list(recent) == ["b", "a"], "the same again is only the newest"
    assert recent.put("b", 3) == {"b": 2} and dict(recent) == {"a": value, "b": 3}


def test_what_is_dropped_is_handed_back_and_the_rest_keeps_its_order():
    recent = Recent(9)
    for number in range(5):
        recent.put(number, -number)
    assert recent.drop(lambda key, value: key % 2 == 1) == [-1, -3]
    assert list(recent) == [0, 2, 4] and recent.drop(lambda key, value: False) == []
