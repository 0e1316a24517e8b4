"""Small random worlds: so few SKUs, places and stores that everything collides with everything.

Put Hypothesis strategies for the domain here; the quantities are such that six decimals hold every
product exactly, so that a naive calculation must agree to the last digit.
"""

from decimal import Decimal

from hypothesis import strategies as st

from inventory_sync_tests.domain.samples import NOW, acknowledgement, erp_rows, part
from inventory_sync_tests.erp.rows import commitment, product, stock
from inventory_sync_tests.oracles import Line, Rules

PLACES = ("NYC", "EWR", "LAX")
LEAVES = ("LEG", "TOP", "SCREW")
KITS = ("TABLE", "DESK-SET", "BUNDLE")
SKUS = (*LEAVES, *KITS)
STORES = {
    "b2b": {"gid/1001": ["NYC", "EWR"], "gid/1002": ["LAX"]},
    "b2c": {"gid/2001": ["NYC"], "gid/2002": ["LAX", "EWR"]},
}

HOUR_AGO, IN_AN_HOUR = "2026-03-02 11:00:00+00", "2026-03-02 13:00:00+00"
EXPIRIES = st.sampled_from([None, HOUR_AGO, NOW.isoformat(), IN_AN_HOUR])
KINDS = st.sampled_from(["pending", "reservation", "hold", "order", "work", "transfer"])
HALVES = st.integers(0, 12).map(lambda halves: str(Decimal(halves) / 2))


@st.composite
def component_lists(draw):
    """Kits of parts and of kits that stand before them: never in a circle."""
    rows = []
    for position, kit in enumerate(KITS):
        content = draw(st.sets(st.sampled_from((*LEAVES, *KITS[:position])), max_size=3))
        quantities = st.sampled_from(["0.5", "1", "2", "3"])
        rows += [part(kit, sku, draw(quantities)) for sku in sorted(content)]
    return rows


@st.composite
def stocks(draw):
    pairs = st.tuples(st.sampled_from(SKUS), st.sampled_from(PLACES))
    held = draw(st.dictionaries(pairs, st.tuples(HALVES, HALVES), max_size=12))
    return [
        stock(sku, physical, location=place, unavailable=unavailable)
        for (sku, place), (physical, unavailable) in held.items()
    ]


COMMITMENTS = st.lists(
    st.builds(
        lambda **changes: changes,
        sku=st.sampled_from(SKUS),
        location=st.sampled_from(PLACES),
        quantity=HALVES,
        kind=KINDS,
        expires_at=EXPIRIES,
    ),
    max_size=12,
).map(lambda rows: [commitment(f"C-{i}", **changes) for i, changes in enumerate(rows)])


@st.composite
def erps(draw):
    """The rows of a whole ERP in which nothing is wrong."""
    return erp_rows(
        products=[product(sku) for sku in SKUS],
        stock=draw(stocks()),
        commitments=draw(COMMITMENTS),
        components=draw(component_lists()),
    )


@st.composite
def order_lines(draw):
    """Lines of one or two places each, and what the ERP has accepted of some of them."""
    lines, acknowledged = [], {}
    for number in range(draw(st.integers(0, 4))):
        store = draw(st.sampled_from(sorted(STORES)))
        sku = draw(st.sampled_from(SKUS))
        places = draw(
            st.lists(st.sampled_from([*STORES[store], None]), min_size=1, max_size=2, unique=True)
        )
        for place in places:
            units = st.integers(0, 3)
            lines.append(Line(store, f"L-{number}", place, sku, draw(units), draw(units)))
        if draw(st.booleans()):
            acknowledged[f"L-{number}"] = Decimal(draw(HALVES))
    return lines, acknowledged


def acknowledgements(quantities):
    return [acknowledgement(line_id, str(units)) for line_id, units in quantities.items()]


RULES = st.builds(
    Rules,
    share=st.sampled_from(["0", "0.333333", "0.5", "0.7", "0.999999", "1"]).map(Decimal),
    buffer=st.integers(0, 3),
    hide_below=st.integers(0, 3),
    cap=st.none() | st.integers(0, 6),
)
