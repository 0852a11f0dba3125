"""The table that a bench prints."""


class Table:
    """The figures, printed at the end, aligned."""

    def __init__(self):
        self.rows = [("figure", "natdeck", "peer", "ratio", "limit", "")]

    def compare(self, figure, ours, theirs, unit, limit):
        """A figure whose ratio to the peer's may not pass a limit; None for no limit."""
        ratio = ours / theirs
        self._add(figure, ours, f"{theirs:.1f} {unit}", f"{ratio:.2f}", unit, ratio, limit)

    def bound(self, figure, ours, unit, limit):
        """A figure that may not pass a limit of its own."""
        self._add(figure, ours, "", "", unit, ours, limit)

    def title(self, words):
        """What the figures below are about."""
        self.absent(words, "")

    def absent(self, figure, why):
        """A figure that was not measured."""
        self.rows.append((figure, "", "", "", "", why))

    def _add(self, figure, ours, peer, ratio, unit, judged, limit):
        verdict = "" if limit is None else "ok" if judged <= limit else "MISSED"
        shown = "" if limit is None else f"{limit:g}" if peer else f"{limit:g} {unit}"
        self.rows.append((figure, f"{ours:.1f} {unit}", peer, ratio, shown, verdict))

    def print(self):
        widths = [max(len(row[column]) for row in self.rows) for column in range(6)]
        for row in self.rows:
            cells = [row[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(row[1:5], widths[1:5])]
            print("  ".join([*cells, row[5]]).rstrip())
