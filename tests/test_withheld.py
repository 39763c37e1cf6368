"""Small counts of people stay untold in the public account, and no sum or difference gives them away: whoever knows all
that is told tries every table that fits."""

from collections import Counter
from itertools import product

from hypothesis import given, settings, strategies as st

from models import limits
from reporting import account_counts
from reporting.withheld import FEW, WITHHELD, Edge, protect

FEWEST = limits.FEWEST_PEOPLE


def grid(counts: list[list[int]]) -> dict:
    """A table with the sums of its rows and columns, as a network."""
    rows, columns = range(len(counts)), range(len(counts[0]))
    edges = {(r, c): Edge(("row", r), ("column", c), counts[r][c]) for r in rows for c in columns}
    edges |= {(r, "all"): Edge("all", ("row", r), sum(counts[r])) for r in rows}
    edges |= {("all", c): Edge(("column", c), "end", sum(counts[r][c] for r in rows)) for c in columns}
    return edges | {("all", "all"): Edge("end", "all", sum(map(sum, counts)))}


def possible(key, edges: dict, told: dict) -> range:
    """What a reader thinks that a count may be: nobody is among few only where it is a part of few."""
    if told[key] == FEW:
        wholes = [k for k, e in edges.items() if k != key and (
            e.end == edges[key].start and alone(edges, "end", e.end)
            or e.start == edges[key].end and alone(edges, "start", e.start))]
        return range(0 if any(told[whole] == FEW for whole in wholes) else 1, FEWEST)
    if told[key] == WITHHELD:
        return range(max(FEWEST, edges[key].count - FEWEST), max(edges[key].count, FEWEST) + FEWEST)
    return range(told[key], told[key] + 1)


def alone(edges: dict, side: str, node) -> bool:
    return sum(getattr(edge, side) == node for edge in edges.values()) == 1


def tables_that_fit(edges: dict, told: dict) -> list[dict]:
    """Every grid of two by two that a reader of `told` must think possible, found by trying all."""
    ranges = {key: possible(key, edges, told) for key in edges}
    cells = [(r, c) for r in range(2) for c in range(2)]
    tried = (grid([numbers[:2], numbers[2:]]) for numbers in map(list, product(*(ranges[cell] for cell in cells))))
    return [{key: edge.count for key, edge in table.items()} for table in tried
            if all(edge.count in ranges[key] for key, edge in table.items())]


def has_another(key, edges: dict, told: dict) -> bool:
    """Whether one more or one less can be led around: from one end of the edge to the other, along others that are not
    told. In a network, whole numbers have such a way wherever there is another solution at all."""
    ranges = {k: possible(k, edges, told) for k in edges}

    def reachable(start, goal, key) -> bool:
        seen, waiting = set(), [start]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                others = [(e, ranges[k]) for k, e in edges.items() if k != key]
                waiting += [e.end for e, fitting in others if e.start == node and e.count + 1 in fitting]
                waiting += [e.start for e, fitting in others if e.end == node and e.count - 1 in fitting]
        return goal in seen

    edge = edges[key]
    return (edge.count + 1 in ranges[key] and reachable(edge.end, edge.start, key)
            or edge.count - 1 in ranges[key] and reachable(edge.start, edge.end, key))


@settings(max_examples=100)
@given(st.lists(st.lists(st.one_of(st.integers(0, 5), st.integers(0, 12)), min_size=2, max_size=2),
                min_size=2, max_size=2))
def test_no_small_count_can_be_reckoned_from_a_table_and_its_sums(counts):
    edges = grid(counts)
    told = protect(edges)
    few = [key for key in edges if told[key] == FEW]
    found = tables_that_fit(edges, told) if few else []
    for key in few:
        assert len({table[key] for table in found}) > 1, f"{key} can only be {edges[key].count}: {told}"
        assert has_another(key, edges, told)


person = st.tuples(st.sampled_from(["traffic", "van"]), st.sampled_from(["met", "declined", "referred"]),
                   st.sampled_from(["resources", "unsuitable"]), st.sampled_from(["Faxe", "Sorø"]),
                   st.sampled_from(["kept", "kept", "late"]), st.sampled_from(["yes", "no", ""]))


@settings(max_examples=150)
@given(st.lists(st.tuples(person, st.integers(1, 9)), max_size=12))
def test_no_small_count_can_be_reckoned_from_all_tables_of_a_quarter(groups):
    counts = Counter()
    for key, number in groups:
        counts[key] += number
    for edges in (account_counts._answers(counts), account_counts._ratings(counts), account_counts._wishes(
            Counter({(service, area): number for (service, _, _, area, *_), number in counts.items()}))):
        told = protect(edges)
        for key in edges:
            assert told[key] != FEW or has_another(key, edges, told), f"{key} can only be {edges[key].count}: {told}"


@settings(max_examples=300)
@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=5))
def test_what_is_told_is_true_and_no_small_count_of_people_is_told(counts):
    edges = grid(counts)
    told = protect(edges)
    withheld_whole = set(told.values()) == {WITHHELD}
    for key, edge in edges.items():
        if told[key] == FEW:
            assert edge.count < FEWEST
        elif told[key] == WITHHELD:
            assert edge.count >= FEWEST or withheld_whole
        else:
            assert told[key] == edge.count and not 0 < edge.count < FEWEST


def test_where_nothing_is_small_all_is_told():
    edges = grid([[5, 0, 9], [20, 7, 300]])
    assert protect(edges) == {key: edge.count for key, edge in edges.items()}


def test_a_difference_of_a_sum_does_not_tell_and_least_is_withheld():
    edges = grid([[40, 2], [30, 50]])
    told = protect(edges)
    assert told[0, 1] == FEW
    assert told["all", 1] == WITHHELD or told[1, 1] == WITHHELD, "else 52 less 50 is 2"
    assert told[0, "all"] == WITHHELD or told[0, 0] == WITHHELD, "else 42 less 40 is 2"
    assert sum(value == WITHHELD for value in told.values()) <= 3


def test_parts_of_few_people_do_not_say_how_few():
    told = protect(grid([[1, 0], [20, 30]]))
    assert told[0, "all"] == told[0, 0] == told[0, 1] == FEW, "0 would say who of them there are"


def test_a_small_count_can_be_any_other_small_number_where_the_table_has_room():
    edges = grid([[3, 18], [22, 31]])
    assert {table[0, 0] for table in tables_that_fit(edges, protect(edges))} == {1, 2, 3, 4}
