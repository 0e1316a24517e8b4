-- What makes a question about a few SKUs, one document or one web order quick, however much the demo
-- ERP holds. Each serves an arm of a contract view.
--
-- Put indexes here beyond primary keys; they are built after seeding.

CREATE INDEX ON acme.stock_parts (part_sku) INCLUDE (sku, quantity);
CREATE INDEX ON acme.bill_of_materials (component_sku);
CREATE INDEX ON acme.sales_order_lines (sku) WHERE quantity > shipped;
CREATE INDEX ON acme.reservations (sku) WHERE state = 'active';
CREATE INDEX ON acme.production_materials (sku) WHERE required > issued;
CREATE INDEX ON acme.transfer_lines (sku);
CREATE INDEX ON acme.purchase_order_lines (sku) WHERE quantity > received;
CREATE INDEX ON acme.production_orders (sku) WHERE quantity > produced;
