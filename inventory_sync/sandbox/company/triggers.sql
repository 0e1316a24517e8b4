-- What the demo ERP notices by itself: stock moves change balances, and every change that the
-- contract shows is logged and announced on the channel "erp_events".
--
-- Put triggers here, created after seeding. Keep business steps out: those are in acme.py, and in
-- requests.sql those that others ask for.

-- The items and warehouses whose contract rows a document changes.
CREATE VIEW acme.document_items AS
SELECT order_no AS document, part_sku AS sku, warehouse
FROM acme.sales_order_lines JOIN acme.stock_parts USING (sku)
UNION ALL
SELECT reservation_no, part_sku, warehouse
FROM acme.reservations JOIN acme.stock_parts USING (sku)
UNION ALL
SELECT order_no, sku, warehouse
FROM acme.purchase_order_lines JOIN acme.purchase_orders USING (order_no)
UNION ALL
SELECT order_no, sku, warehouse FROM acme.production_orders
UNION ALL
SELECT order_no, material.sku, production.warehouse
FROM acme.production_materials material JOIN acme.production_orders production USING (order_no)
UNION ALL
SELECT transfer_no, sku, unnest(ARRAY[from_warehouse, to_warehouse])
FROM acme.transfer_lines JOIN acme.transfers USING (transfer_no);

CREATE FUNCTION acme.log_document(change_kind text, changed_document text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO acme.change_log (kind, sku, warehouse, document)
    SELECT DISTINCT change_kind, sku, warehouse, document
    FROM acme.document_items WHERE document = changed_document;
$$;

-- One announcement per transaction and kind: PostgreSQL folds equal ones. Listeners read the events.
CREATE FUNCTION acme.announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('erp_events', kind) FROM (SELECT DISTINCT kind FROM added) AS kinds;
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER INSERT ON acme.change_log
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION acme.announce();

CREATE FUNCTION acme.apply_stock_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE acme.stock_balances
    SET on_hand = on_hand + NEW.on_hand, blocked = blocked + NEW.blocked, changed_at = now()
    WHERE sku = NEW.sku AND warehouse = NEW.warehouse;
    IF NOT FOUND THEN
        INSERT INTO acme.stock_balances (sku, warehouse, on_hand, blocked)
        VALUES (NEW.sku, NEW.warehouse, NEW.on_hand, NEW.blocked);
    END IF;
    INSERT INTO acme.change_log (kind, sku, warehouse, document)
    VALUES (NEW.kind, NEW.sku, NEW.warehouse, NEW.document);
    RETURN NULL;
END $$;
CREATE TRIGGER apply_stock_move AFTER INSERT ON acme.stock_moves
    FOR EACH ROW EXECUTE FUNCTION acme.apply_stock_move();

-- Deferred to the commit, when a new order has its lines. Shipping is logged by its stock moves.
CREATE FUNCTION acme.sales_order_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM acme.log_document('order_created', NEW.order_no);
    ELSIF NEW.state = OLD.state AND (NEW.ship_date, NEW.hold_until)
            IS DISTINCT FROM (OLD.ship_date, OLD.hold_until) THEN
        -- No SKU: look at everything of this document.
        INSERT INTO acme.change_log (kind, document) VALUES ('order_changed', NEW.order_no);
    ELSIF NEW.state <> OLD.state AND NEW.state <> 'shipped' THEN
        PERFORM acme.log_document(
            CASE
                WHEN NEW.state = 'on_hold' THEN 'hold_placed'
                WHEN NEW.state = 'confirmed' AND OLD.state = 'on_hold' THEN 'hold_confirmed'
                WHEN NEW.state = 'cancelled' AND OLD.state = 'on_hold' THEN 'hold_cancelled'
                WHEN NEW.state = 'confirmed' THEN 'order_confirmed'
                WHEN NEW.state = 'cancelled' THEN 'order_cancelled'
                ELSE 'order_changed'
            END, NEW.order_no);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER sales_order_changed
    AFTER INSERT OR UPDATE OF state, ship_date, hold_until ON acme.sales_orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION acme.sales_order_changed();

CREATE FUNCTION acme.sales_line_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE acme.sales_orders SET changed_at = now() WHERE order_no = NEW.order_no;
    INSERT INTO acme.change_log (kind, sku, warehouse, document)
    SELECT 'order_changed', part_sku, NEW.warehouse, NEW.order_no
    FROM acme.stock_parts WHERE sku = NEW.sku;
    RETURN NULL;
END $$;
CREATE TRIGGER sales_line_changed AFTER UPDATE OF quantity ON acme.sales_order_lines
    FOR EACH ROW EXECUTE FUNCTION acme.sales_line_changed();

CREATE FUNCTION acme.reservation_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM acme.log_document(
        CASE
            WHEN TG_OP = 'INSERT' THEN 'hold_placed'
            WHEN NEW.state = OLD.state THEN 'order_changed'
            WHEN NEW.state = 'ordered' THEN 'hold_confirmed'
            WHEN NEW.state = 'released' THEN 'hold_cancelled'
            ELSE 'hold_placed'
        END, NEW.reservation_no);
    RETURN NULL;
END $$;
CREATE TRIGGER reservation_changed AFTER INSERT OR UPDATE ON acme.reservations
    FOR EACH ROW EXECUTE FUNCTION acme.reservation_changed();

-- For purchase orders, production orders and transfers; the trigger names the number column.
-- The end of each (received, done) is logged by its stock moves.
CREATE FUNCTION acme.supply_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('received', 'done') THEN
        PERFORM acme.log_document('supply_changed', to_jsonb(NEW) ->> TG_ARGV[0]);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER supply_changed
    AFTER INSERT OR UPDATE OF state, due_date ON acme.purchase_orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION acme.supply_changed('order_no');
CREATE CONSTRAINT TRIGGER supply_changed
    AFTER INSERT OR UPDATE OF state, due_date, quantity ON acme.production_orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION acme.supply_changed('order_no');
CREATE CONSTRAINT TRIGGER supply_changed
    AFTER INSERT OR UPDATE OF state, due_date ON acme.transfers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION acme.supply_changed('transfer_no');

CREATE FUNCTION acme.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER touch BEFORE UPDATE ON acme.sales_orders
    FOR EACH ROW EXECUTE FUNCTION acme.touch();
CREATE TRIGGER touch BEFORE UPDATE ON acme.reservations
    FOR EACH ROW EXECUTE FUNCTION acme.touch();
CREATE TRIGGER touch BEFORE UPDATE ON acme.purchase_orders
    FOR EACH ROW EXECUTE FUNCTION acme.touch();
CREATE TRIGGER touch BEFORE UPDATE ON acme.production_orders
    FOR EACH ROW EXECUTE FUNCTION acme.touch();
CREATE TRIGGER touch BEFORE UPDATE ON acme.transfers
    FOR EACH ROW EXECUTE FUNCTION acme.touch();
