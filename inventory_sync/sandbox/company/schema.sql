-- The demo ERP of Acme, a maker of furniture and lighting: its own tables in schema "acme", and
-- the ERP contract as views in schema "erp_contract".
--
-- Put the tables an ERP would have, and the views that translate them, here. Keep indexes and triggers
-- in the other files: they are created after seeding, so that the history makes no events.
--
-- The second half is what a data engineer writes once for a real ERP. It stores nothing: open
-- quantities are computed (ordered minus shipped), so a changed document is a changed contract.

CREATE SCHEMA acme;
CREATE SCHEMA erp_contract;

------------------------------------------------------------------------------------ the ERP's own

CREATE TABLE acme.warehouses (
    warehouse text PRIMARY KEY,
    name      text NOT NULL,
    time_zone text
);

CREATE TABLE acme.items (
    sku  text PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('stocked', 'kit', 'service')),
    bulk boolean NOT NULL DEFAULT false  -- materials by the metre, sheet or carton
);

CREATE TABLE acme.bill_of_materials (
    kit_sku       text NOT NULL REFERENCES acme.items,
    component_sku text NOT NULL REFERENCES acme.items,
    quantity      numeric(12, 3) NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (kit_sku, component_sku)
);

-- One balance per item and warehouse; only stock moves change it (triggers.sql).
CREATE TABLE acme.stock_balances (
    sku        text NOT NULL REFERENCES acme.items,
    warehouse  text NOT NULL REFERENCES acme.warehouses,
    on_hand    numeric(12, 3) NOT NULL CHECK (on_hand >= 0),
    blocked    numeric(12, 3) NOT NULL DEFAULT 0 CHECK (blocked >= 0),  -- damaged, in inspection
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sku, warehouse)
);

CREATE TABLE acme.stock_moves (
    move_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    moved_at  timestamptz NOT NULL DEFAULT now(),
    kind      text NOT NULL CHECK (kind IN ('order_shipped', 'stock_received', 'stock_adjusted',
                  'production_completed', 'transfer_shipped', 'transfer_received')),
    sku       text NOT NULL REFERENCES acme.items,
    warehouse text NOT NULL REFERENCES acme.warehouses,
    on_hand   numeric(12, 3) NOT NULL DEFAULT 0,  -- change of the balance
    blocked   numeric(12, 3) NOT NULL DEFAULT 0,  -- change of the balance
    document  text
);

CREATE TABLE acme.sales_orders (
    order_no          text PRIMARY KEY,
    state             text NOT NULL CHECK (state IN
                          ('quotation', 'on_hold', 'confirmed', 'shipped', 'cancelled')),
    channel           text NOT NULL,
    ship_date         date,
    hold_reason       text,
    hold_until        timestamptz,   -- after this the hold lapses by itself
    external_order_id text UNIQUE,   -- web order reference
    changed_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE acme.sales_order_lines (
    order_no         text NOT NULL REFERENCES acme.sales_orders,
    line_no          integer NOT NULL,
    sku              text NOT NULL REFERENCES acme.items,
    warehouse        text NOT NULL REFERENCES acme.warehouses,
    quantity         numeric(12, 3) NOT NULL CHECK (quantity >= 0),
    shipped          numeric(12, 3) NOT NULL DEFAULT 0 CHECK (shipped BETWEEN 0 AND quantity),
    external_line_id text UNIQUE,
    PRIMARY KEY (order_no, line_no)
);

CREATE TABLE acme.reservations (
    reservation_no    text PRIMARY KEY,
    sku               text NOT NULL REFERENCES acme.items,
    warehouse         text NOT NULL REFERENCES acme.warehouses,
    quantity          numeric(12, 3) NOT NULL CHECK (quantity > 0),
    reason            text NOT NULL,
    expires_at        timestamptz,
    state             text NOT NULL CHECK (state IN ('active', 'released', 'ordered')),
    external_order_id text,          -- whoever asked for it, such as a web shop's draft
    external_line_id  text,
    changed_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (external_order_id, external_line_id)
);

CREATE TABLE acme.purchase_orders (
    order_no   text PRIMARY KEY,
    warehouse  text NOT NULL REFERENCES acme.warehouses,
    state      text NOT NULL CHECK (state IN ('requested', 'confirmed', 'received', 'cancelled')),
    due_date   date,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE acme.purchase_order_lines (
    order_no text NOT NULL REFERENCES acme.purchase_orders,
    line_no  integer NOT NULL,
    sku      text NOT NULL REFERENCES acme.items,
    quantity numeric(12, 3) NOT NULL CHECK (quantity > 0),
    received numeric(12, 3) NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND quantity),
    PRIMARY KEY (order_no, line_no)
);

CREATE TABLE acme.production_orders (
    order_no   text PRIMARY KEY,
    warehouse  text NOT NULL REFERENCES acme.warehouses,
    sku        text NOT NULL REFERENCES acme.items,
    quantity   numeric(12, 3) NOT NULL CHECK (quantity > 0),
    produced   numeric(12, 3) NOT NULL DEFAULT 0 CHECK (produced BETWEEN 0 AND quantity),
    state      text NOT NULL CHECK (state IN ('planned', 'released', 'done', 'cancelled')),
    due_date   date,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE acme.production_materials (
    order_no text NOT NULL REFERENCES acme.production_orders,
    sku      text NOT NULL REFERENCES acme.items,
    required numeric(12, 3) NOT NULL CHECK (required > 0),
    issued   numeric(12, 3) NOT NULL DEFAULT 0 CHECK (issued BETWEEN 0 AND required),
    PRIMARY KEY (order_no, sku)
);

CREATE TABLE acme.transfers (
    transfer_no    text PRIMARY KEY,
    from_warehouse text NOT NULL REFERENCES acme.warehouses,
    to_warehouse   text NOT NULL REFERENCES acme.warehouses,
    state          text NOT NULL CHECK (state IN
                       ('requested', 'in_transit', 'received', 'cancelled')),
    due_date       date,
    changed_at     timestamptz NOT NULL DEFAULT now(),
    CHECK (from_warehouse <> to_warehouse)
);

CREATE TABLE acme.transfer_lines (
    transfer_no text NOT NULL REFERENCES acme.transfers,
    sku         text NOT NULL REFERENCES acme.items,
    quantity    numeric(12, 3) NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (transfer_no, sku)
);

-- Dates that Acme's planners promise for made-to-order furniture.
CREATE TABLE acme.promised_dates (
    sku          text NOT NULL REFERENCES acme.items,
    warehouse    text NOT NULL REFERENCES acme.warehouses,
    quantity     numeric(12, 3) NOT NULL CHECK (quantity > 0),
    promise_date date NOT NULL,
    PRIMARY KEY (sku, warehouse, quantity)
);

CREATE TABLE acme.change_log (
    change_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind       text NOT NULL CHECK (kind IN
                   ('order_created', 'order_confirmed', 'order_changed', 'order_cancelled',
                    'order_shipped', 'hold_placed', 'hold_confirmed', 'hold_cancelled',
                    'stock_received', 'stock_adjusted', 'production_completed',
                    'transfer_shipped', 'transfer_received', 'supply_changed')),
    sku        text,
    warehouse  text,
    document   text
);

-- Numbers of new documents. Seeded documents stay below.
CREATE SEQUENCE acme.document_numbers START 50001;

-- The stocked items that one unit of an item takes: itself, or the components of a kit (and of
-- the kits inside it). A service takes none. Kept by parts.sql, as a question about a few SKUs cannot
-- wait until all kits have been taken apart.
CREATE TABLE acme.stock_parts (
    sku      text NOT NULL REFERENCES acme.items ON UPDATE CASCADE ON DELETE CASCADE,
    part_sku text NOT NULL REFERENCES acme.items ON UPDATE CASCADE ON DELETE CASCADE,
    quantity numeric NOT NULL,
    PRIMARY KEY (sku, part_sku) INCLUDE (quantity)
);

-------------------------------------------------------------------------------------- the contract

CREATE VIEW erp_contract.locations AS
SELECT warehouse AS location, name, time_zone FROM acme.warehouses;

CREATE VIEW erp_contract.products AS
SELECT sku, name, kind <> 'service' AS tracked FROM acme.items;

CREATE VIEW erp_contract.components AS
SELECT kit_sku, component_sku, quantity FROM acme.bill_of_materials;

CREATE VIEW erp_contract.stock AS
SELECT sku, warehouse AS location, on_hand AS physical, blocked AS unavailable,
       changed_at AS updated_at
FROM acme.stock_balances;

-- Selling a kit commits its components, so a line of a kit is one commitment per component.
CREATE VIEW erp_contract.commitments AS
SELECT line.order_no || '/' || line.line_no || '/' || part.part_sku AS commitment_id,
       line.order_no AS order_id,
       part.part_sku AS sku,
       line.warehouse AS location,
       (line.quantity - line.shipped) * part.quantity AS quantity,
       CASE sale.state WHEN 'quotation' THEN 'pending' WHEN 'on_hold' THEN 'hold' ELSE 'order' END
           AS kind,
       sale.ship_date AS due_date,
       CASE sale.state WHEN 'on_hold' THEN sale.hold_until END AS expires_at,
       sale.channel,
       sale.external_order_id,
       line.external_line_id,
       sale.changed_at AS updated_at
FROM acme.sales_order_lines line
JOIN acme.sales_orders sale USING (order_no)
JOIN acme.stock_parts part USING (sku)
WHERE sale.state IN ('quotation', 'on_hold', 'confirmed') AND line.quantity > line.shipped
UNION ALL
SELECT reservation_no || '/' || part.part_sku, reservation_no, part.part_sku, warehouse,
       reservation.quantity * part.quantity, 'reservation', NULL, expires_at, NULL,
       external_order_id, external_line_id, changed_at
FROM acme.reservations reservation
JOIN acme.stock_parts part USING (sku)
WHERE state = 'active'
UNION ALL
SELECT order_no || '/' || material.sku, order_no, material.sku, production.warehouse,
       required - issued, 'work', due_date, NULL, NULL, NULL, NULL, changed_at
FROM acme.production_materials material
JOIN acme.production_orders production USING (order_no)
WHERE state IN ('planned', 'released') AND required > issued
UNION ALL
SELECT transfer_no || '/' || sku, transfer_no, sku, from_warehouse,
       quantity, 'transfer', due_date, NULL, NULL, NULL, NULL, changed_at
FROM acme.transfer_lines
JOIN acme.transfers USING (transfer_no)
WHERE state = 'requested';

CREATE VIEW erp_contract.supply AS
SELECT order_no || '/' || line_no AS supply_id, sku, warehouse AS location,
       quantity - received AS quantity, 'purchase' AS kind, due_date,
       state = 'confirmed' AS confirmed, changed_at AS updated_at
FROM acme.purchase_order_lines
JOIN acme.purchase_orders USING (order_no)
WHERE state IN ('requested', 'confirmed') AND quantity > received
UNION ALL
SELECT order_no, sku, warehouse, quantity - produced, 'production', due_date,
       state = 'released', changed_at
FROM acme.production_orders
WHERE state IN ('planned', 'released') AND quantity > produced
UNION ALL
SELECT transfer_no || '/' || sku, sku, to_warehouse, quantity, 'transfer', due_date,
       state = 'in_transit', changed_at
FROM acme.transfer_lines
JOIN acme.transfers USING (transfer_no)
WHERE state IN ('requested', 'in_transit');

-- Every web order line that Acme knows, also when shipped or cancelled, and what was reserved for
-- one; when a reservation has become an order, the order speaks for it.
CREATE VIEW erp_contract.acknowledged_orders AS
SELECT sale.external_order_id, line.external_line_id,
       CASE sale.state WHEN 'cancelled' THEN 0 ELSE line.quantity END AS quantity,
       sale.changed_at AS updated_at
FROM acme.sales_order_lines line
JOIN acme.sales_orders sale USING (order_no)
WHERE sale.external_order_id IS NOT NULL AND line.external_line_id IS NOT NULL
UNION ALL
SELECT external_order_id, external_line_id, CASE state WHEN 'active' THEN quantity ELSE 0 END,
       changed_at
FROM acme.reservations
WHERE external_order_id IS NOT NULL AND external_line_id IS NOT NULL AND state <> 'ordered';

CREATE VIEW erp_contract.promise_dates AS
SELECT sku, warehouse AS location, quantity, promise_date FROM acme.promised_dates;

CREATE VIEW erp_contract.events AS
SELECT change_id AS event_id, changed_at AS occurred_at, kind, sku, warehouse AS location, document
FROM acme.change_log;

-- Written by inventory_sync, consumed by the ERP (requests.sql).
CREATE TABLE erp_contract.order_requests (
    request_id        text PRIMARY KEY,
    action            text NOT NULL CHECK (action IN ('reserve', 'confirm', 'release', 'import')),
    external_order_id text,
    external_line_id  text,
    sku               text,
    location          text,
    quantity          numeric,
    expires_at        timestamptz,
    payload           jsonb,
    requested_at      timestamptz NOT NULL DEFAULT now()
);
