-- How the demo ERP answers "erp_contract.order_requests": a row that comes in is done at once, in the
-- same transaction. A request that cannot be done (unknown item or warehouse) refuses the row.
--
-- Put what Acme does for others here. The events that follow are made by triggers.sql.

-- Reserved again, a line that was released is active again, with the units and expiry of now.
CREATE FUNCTION acme.reserve(request erp_contract.order_requests) RETURNS void LANGUAGE sql AS $$
    INSERT INTO acme.reservations AS known (reservation_no, sku, warehouse, quantity, reason,
        expires_at, state, external_order_id, external_line_id)
    VALUES ('RES-' || nextval('acme.document_numbers'), request.sku, request.location,
        request.quantity, 'large order', request.expires_at, 'active',
        request.external_order_id, request.external_line_id)
    ON CONFLICT (external_order_id, external_line_id) DO UPDATE
    SET sku = excluded.sku, warehouse = excluded.warehouse, quantity = excluded.quantity,
        expires_at = excluded.expires_at, state = 'active'
    WHERE known.state <> 'ordered';
$$;

-- The lines of one web order come one by one, into one sales order.
CREATE FUNCTION acme.order_reserved(request erp_contract.order_requests) RETURNS void
LANGUAGE sql AS $$
    WITH reserved AS (
        UPDATE acme.reservations SET state = 'ordered'
        WHERE external_order_id = request.external_order_id
          AND external_line_id = request.external_line_id AND state = 'active'
        RETURNING *
    ), sale AS (
        INSERT INTO acme.sales_orders (order_no, state, channel, external_order_id)
        SELECT 'SO-' || nextval('acme.document_numbers'), 'confirmed', 'reserved', external_order_id
        FROM reserved
        ON CONFLICT (external_order_id) DO UPDATE SET external_order_id = excluded.external_order_id
        RETURNING order_no
    )
    INSERT INTO acme.sales_order_lines
        (order_no, line_no, sku, warehouse, quantity, external_line_id)
    SELECT order_no, 1 + (SELECT count(*) FROM acme.sales_order_lines line
                          WHERE line.order_no = sale.order_no),
           sku, warehouse, quantity, external_line_id
    FROM reserved, sale;
$$;

-- What has become an order is not released by this, but cancelled like any order.
CREATE FUNCTION acme.release(request erp_contract.order_requests) RETURNS void LANGUAGE sql AS $$
    UPDATE acme.reservations SET state = 'released'
    WHERE external_order_id = request.external_order_id
      AND external_line_id = request.external_line_id AND state = 'active';
$$;

-- From now on the order line is for exactly so many units; 0 of a line that is not there is nothing.
CREATE FUNCTION acme.import_line(request erp_contract.order_requests) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    sale acme.sales_orders;
BEGIN
    INSERT INTO acme.sales_orders (order_no, state, channel, external_order_id)
    SELECT 'SO-' || nextval('acme.document_numbers'), 'confirmed', 'web', request.external_order_id
    WHERE request.quantity > 0
    ON CONFLICT (external_order_id) DO NOTHING;
    SELECT * INTO sale FROM acme.sales_orders
    WHERE external_order_id = request.external_order_id FOR UPDATE;
    UPDATE acme.sales_order_lines SET quantity = request.quantity
    WHERE order_no = sale.order_no AND external_line_id = request.external_line_id;
    IF NOT FOUND AND request.quantity > 0 THEN
        INSERT INTO acme.sales_order_lines
            (order_no, line_no, sku, warehouse, quantity, external_line_id)
        SELECT sale.order_no, 1 + count(*), request.sku, request.location, request.quantity,
               request.external_line_id
        FROM acme.sales_order_lines WHERE order_no = sale.order_no;
    END IF;
    IF sale.state IN ('shipped', 'cancelled') THEN
        RAISE EXCEPTION 'order % is % and stays so', sale.order_no, sale.state;
    END IF;
END $$;

CREATE FUNCTION acme.consume_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE NEW.action
        WHEN 'reserve' THEN PERFORM acme.reserve(NEW);
        WHEN 'confirm' THEN PERFORM acme.order_reserved(NEW);
        WHEN 'release' THEN PERFORM acme.release(NEW);
        WHEN 'import' THEN PERFORM acme.import_line(NEW);
    END CASE;
    RETURN NULL;
END $$;
CREATE TRIGGER consume_request AFTER INSERT ON erp_contract.order_requests
    FOR EACH ROW EXECUTE FUNCTION acme.consume_request();
