"""Which numbers of a table stay untold, so that nobody is seen behind a small one (statistical disclosure control).

A count of people under limits.FEWEST_PEOPLE is told as FEW. Where it could be reckoned from what else is told, by a
sum or a difference, further numbers are told as WITHHELD: the smallest that will do.

The counts of a table are the flows of a network: one person goes along one edge of each classification, and what comes
to a node goes on from it, so each row and column sum is an edge, too. Whoever knows the told numbers knows those flows
exactly, that FEW is from 1 to limits.FEWEST_PEOPLE - 1 (from 0 where it is part of a FEW), and that WITHHELD is
limits.FEWEST_PEOPLE or more. Every other set of flows that fits is a table that fits, and whole numbers make it. So a
count is safe when the flow can be led around it; leading it around is what `protect` does (Gusfield 1988, A graph
theoretic approach to statistical data security).
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from math import inf

from models import limits

FEW = "few"
WITHHELD = "withheld"
Key = Hashable  # the name of a count
Told = int | str  # a number, FEW or WITHHELD


@dataclass(frozen=True)
class Edge:
    """A count of people: how many go from one node to the next. All who arrive at a node go on from it. A count that is
    `worth` more is withheld only where so much more of others would be."""

    start: Hashable
    end: Hashable
    count: int
    worth: int = 1


def protect(edges: Mapping[Key, Edge]) -> dict[Key, Told]:
    """What may be told of each count: around each FEW, whatever would tell it apart from other numbers is withheld.

    Where even that does not help, because next to nobody is counted at all, nothing of the table is told.
    """
    network = _Network(edges)
    for key in network.few:
        reached = {network.lead_around(key, wanted) for wanted in (1, limits.FEWEST_PEOPLE - 1)}
        if reached == {edges[key].count}:
            return dict.fromkeys(edges, WITHHELD)
    return {key: network.told(key) for key in edges}


class _Network:
    """The counts, which of them are few, and which are withheld so far."""

    def __init__(self, edges: Mapping[Key, Edge]):
        self.edges = edges
        self.leaving, self.arriving = defaultdict(list), defaultdict(list)
        for key, edge in edges.items():
            self.leaving[edge.start].append(key)
            self.arriving[edge.end].append(key)
        small = {key for key, edge in edges.items() if 0 < edge.count < limits.FEWEST_PEOPLE}
        wholes = {key: self._wholes(key) - {key} for key in edges}
        nothing = {key for key, edge in edges.items() if not edge.count and not wholes[key] & small}
        self.parts_of_few = {key for key in edges if wholes[key] & small and not wholes[key] & nothing}
        self.few = small | self.parts_of_few
        self.withheld: set[Key] = set()

    def told(self, key: Key) -> Told:
        if key in self.few:
            return FEW
        return WITHHELD if key in self.withheld else self.edges[key].count

    def lead_around(self, key: Key, wanted: int) -> int:
        """How near the count comes to `wanted` in another table that fits what is told. Edges are withheld so that it
        comes as near as can be."""
        flow = {other: edge.count for other, edge in self.edges.items()}
        while flow[key] != wanted:
            changes = self._cheapest_cycle(key, 1 if wanted > flow[key] else -1, flow)
            if not changes:
                break
            for other, change in changes:
                flow[other] += change
                if other not in self.few:
                    self.withheld |= {other}
        return flow[key]

    def _wholes(self, key: Key) -> set[Key]:
        """The counts of which this one is a part: where all that comes to its start came by one edge, or all that is at
        its end goes on by one, and so on from there."""
        found, waiting = set(), [key]
        while waiting:
            edge = self.edges[waiting.pop()]
            for beside in (self.arriving[edge.start], self.leaving[edge.end]):
                if len(beside) == 1 and not found.issuperset(beside):
                    found |= {*beside}
                    waiting += beside
        return found

    def _bounds(self, key: Key) -> tuple[int, float]:
        """Between which numbers anybody knows the count to be, once it is not told itself."""
        if key in self.few:
            return (0 if key in self.parts_of_few else 1), limits.FEWEST_PEOPLE - 1
        return (limits.FEWEST_PEOPLE, inf) if self.edges[key].count else (0, 0)

    def _cheapest_cycle(self, key: Key, step: int, flow: dict[Key, int]) -> list[tuple[Key, int]]:
        """Which flows change by one, this one by `step`, so that still as much comes to each node as goes on from it:
        the edges and their changes, with as few people as can be in counts that were told so far (Dijkstra's shortest
        path). Empty where there is no such way."""
        edge, (least, most) = self.edges[key], self._bounds(key)
        if not least <= flow[key] + step <= most:
            return []
        begin, goal = (edge.end, edge.start) if step > 0 else (edge.start, edge.end)
        number, seen = count(), set()
        waiting = [(0, next(number), begin, [(key, step)])]
        while waiting:
            cost, _, node, changes = heappop(waiting)
            if node == goal:
                return changes
            if node in seen:
                continue
            seen |= {node}
            for other, change, there in self._steps_from(node, flow):
                if other != key:
                    heappush(waiting, (cost + self._cost(other), next(number), there, [*changes, (other, change)]))
        return []

    def _steps_from(self, node: Hashable, flow: dict[Key, int]) -> Iterator[tuple[Key, int, Hashable]]:
        """Along an edge with one more, or back along it with one less: (edge, change, the node at its other side)."""
        for key in self.leaving[node]:
            if flow[key] + 1 <= self._bounds(key)[1]:
                yield key, 1, self.edges[key].end
        for key in self.arriving[node]:
            if flow[key] - 1 >= self._bounds(key)[0]:
                yield key, -1, self.edges[key].start

    def _cost(self, key: Key) -> int:
        edge = self.edges[key]
        return 0 if key in self.few or key in self.withheld else edge.count * edge.worth
