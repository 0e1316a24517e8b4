-- What every item takes of the stocked ones ("acme.stock_parts"): filled at first, then kept.
--
-- Put here how kits are taken apart. What a commitment for a kit becomes is a view of schema.sql.

-- What the rows should be for some items. A cyclic kit ends instead of running for ever.
CREATE FUNCTION acme.taken_apart(wanted text[])
RETURNS TABLE (sku text, part_sku text, quantity numeric) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE parts (sku, part_sku, quantity) AS (
        SELECT item.sku, item.sku, 1::numeric FROM acme.items item WHERE item.sku = ANY (wanted)
        UNION ALL
        SELECT parts.sku, bom.component_sku, parts.quantity * bom.quantity
        FROM parts JOIN acme.bill_of_materials bom ON bom.kit_sku = parts.part_sku
    ) CYCLE part_sku SET is_cycle USING path
    SELECT parts.sku, parts.part_sku, sum(parts.quantity)
    FROM parts JOIN acme.items part ON part.sku = parts.part_sku
    WHERE part.kind = 'stocked' AND NOT is_cycle
    GROUP BY parts.sku, parts.part_sku;
$$;

INSERT INTO acme.stock_parts
SELECT * FROM acme.taken_apart((SELECT array_agg(sku) FROM acme.items));

-- A changed item or bill of materials changes what its kits are made of, and the kits of those.
CREATE FUNCTION acme.take_apart_anew(changed_sku text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    concerned text[] := ARRAY(
        WITH RECURSIVE users (sku) AS (
            SELECT changed_sku
            UNION
            SELECT bom.kit_sku
            FROM users JOIN acme.bill_of_materials bom ON bom.component_sku = users.sku
        )
        SELECT sku FROM users
    );
BEGIN
    DELETE FROM acme.stock_parts WHERE sku = ANY (concerned);
    INSERT INTO acme.stock_parts SELECT * FROM acme.taken_apart(concerned);
END $$;

CREATE FUNCTION acme.kit_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM acme.take_apart_anew(OLD.kit_sku); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM acme.take_apart_anew(NEW.kit_sku); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER kit_changed AFTER INSERT OR UPDATE OR DELETE ON acme.bill_of_materials
    FOR EACH ROW EXECUTE FUNCTION acme.kit_changed();

CREATE FUNCTION acme.item_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM acme.take_apart_anew(NEW.sku);
    RETURN NULL;
END $$;
CREATE TRIGGER item_changed AFTER INSERT OR UPDATE OF sku, kind ON acme.items
    FOR EACH ROW EXECUTE FUNCTION acme.item_changed();
