-- The contract (docs/erp-odoo.md, "ERPNext") as views of an ERPNext 15 site in MariaDB 10.6 or later.
-- Views can only name a site's database, so put its name (`bench --site NAME mariadb`, `select
-- database()`) in place of SITE_DB, and run the file as a user who may create databases:
--
--     sed 's/SITE_DB/_1bd3e0294da19198/g' erpnext.sql | mariadb
--     create user inventory_sync identified by '...';
--     grant select on erp_contract.* to inventory_sync;
--
-- In the settings: erp.url mysql+pymysql://inventory_sync:...@host/erp_contract, erp.schema
-- erp_contract. Views run with the rights of whoever created them. Stamps of ERPNext are the local
-- time of the site: set erpnext_settings.site_offset to its distance from UTC.

-- The collation of Frappe: names of its tables are compared with names of ours.
create database if not exists erp_contract character set utf8mb4 collate utf8mb4_unicode_ci;
use erp_contract;

-- site_offset: '+05:30' and the like; a name such as 'Asia/Kolkata' needs the time zone tables.
-- drafts: 'ignore' or 'pending', what a sales order commits that is not submitted.
create table if not exists erpnext_settings (
    only_row int primary key default 1 check (only_row = 1),
    site_offset varchar(64) not null default '+00:00',
    drafts enum('ignore', 'pending') not null default 'ignore'
);
insert ignore into erpnext_settings (only_row) values (1);
-- Warehouses of damaged goods and quarantine, by their whole names ('Quarantine - FI').
create table if not exists erpnext_unavailable (warehouse varchar(140) primary key);

create or replace view locations as
select w.name as location, w.warehouse_name as name, cast(null as char(64)) as time_zone
from SITE_DB.`tabWarehouse` w
where w.is_group = 0 and w.disabled = 0;

create or replace view products as
select i.name as sku, i.item_name as name,
    i.disabled = 0 and (i.is_stock_item = 1 or b.name is not null) as tracked
from SITE_DB.`tabItem` i
left join SITE_DB.`tabProduct Bundle` b on b.new_item_code = i.name and b.disabled = 0
where i.has_variants = 0;

create or replace view components as
select b.new_item_code as kit_sku, p.item_code as component_sku, round(sum(p.qty), 6) as quantity
from SITE_DB.`tabProduct Bundle` b
join SITE_DB.`tabProduct Bundle Item` p on p.parent = b.name
where b.disabled = 0
group by b.new_item_code, p.item_code;

-- Bin.reserved_qty is not read: it forgets orders on hold, and holds reserved_stock once more.
create or replace view stock as
select b.item_code as sku, b.warehouse as location,
    round(b.actual_qty, 6) as physical,
    case when u.warehouse is null then 0 else greatest(round(b.actual_qty, 6), 0) end as unavailable,
    convert_tz(b.modified, s.site_offset, '+00:00') as updated_at
from SITE_DB.`tabBin` b
join SITE_DB.`tabWarehouse` w on w.name = b.warehouse and w.is_group = 0 and w.disabled = 0
left join erpnext_unavailable u on u.warehouse = b.warehouse
cross join erpnext_settings s;

-- What is open of every line of an order that is neither closed, completed nor cancelled. ERPNext
-- frees the stock of an order On Hold; here it keeps its stock, as a hold.
create or replace view erpnext_orders as
select o.name, o.status, o.docstatus, o.po_no, o.modified,
    case when o.docstatus = 0 then (select nullif(drafts, 'ignore') from erpnext_settings)
        when o.status = 'On Hold' then 'hold'
        else 'order' end as kind,
    case when o.po_no regexp '^gid://shopify/(Order|DraftOrder)/[0-9]+$'
        or o.po_no like 'inventory-sync:%' then o.po_no end as external_order_id
from SITE_DB.`tabSales Order` o
where o.docstatus in (0, 1) and o.status not in ('Closed', 'Completed', 'Cancelled');

create or replace view commitments as
select concat('so/', l.name) as commitment_id, o.name as order_id, l.item_code as sku,
    l.warehouse as location,
    round((l.qty - l.delivered_qty) * l.conversion_factor, 6) as quantity,
    coalesce(o.kind, 'pending') as kind, l.delivery_date as due_date,
    cast(null as datetime) as expires_at, cast(null as char(64)) as channel,
    o.external_order_id, cast(null as char(64)) as external_line_id,
    convert_tz(greatest(l.modified, o.modified), s.site_offset, '+00:00') as updated_at
from erpnext_orders o
join SITE_DB.`tabSales Order Item` l on l.parent = o.name and l.parenttype = 'Sales Order'
cross join erpnext_settings s
where (o.kind is not null or o.external_order_id is not null)
    and l.qty > l.delivered_qty and l.delivered_by_supplier = 0
    and not exists (select 1 from SITE_DB.`tabPacked Item` k where k.parent_detail_docname = l.name)
union all
-- The parts of a bundle, in proportion to what is open of it, each in its own warehouse.
select concat('packed/', k.name), o.name, k.item_code, k.warehouse,
    round(k.qty * (l.qty - l.delivered_qty) / l.qty, 6),
    coalesce(o.kind, 'pending'), l.delivery_date, null, null, o.external_order_id, null,
    convert_tz(greatest(l.modified, o.modified), s.site_offset, '+00:00')
from erpnext_orders o
join SITE_DB.`tabSales Order Item` l on l.parent = o.name and l.parenttype = 'Sales Order'
join SITE_DB.`tabPacked Item` k on k.parent_detail_docname = l.name and k.parent = o.name
cross join erpnext_settings s
where (o.kind is not null or o.external_order_id is not null)
    and l.qty > l.delivered_qty and l.delivered_by_supplier = 0
union all
-- Components of work orders, until they are in the work in progress warehouse or consumed.
select concat('wo/', c.name), w.name, c.item_code, c.source_warehouse,
    round(c.required_qty - if(w.skip_transfer, c.consumed_qty, c.transferred_qty), 6), 'work',
    date(w.planned_start_date), null, null, null, null,
    convert_tz(greatest(c.modified, w.modified), s.site_offset, '+00:00')
from SITE_DB.`tabWork Order` w
join SITE_DB.`tabWork Order Item` c on c.parent = w.name
cross join erpnext_settings s
where w.docstatus = 1 and w.status not in ('Stopped', 'Completed', 'Closed', 'Cancelled')
    and c.required_qty > if(w.skip_transfer, c.consumed_qty, c.transferred_qty)
    and c.source_warehouse is not null
union all
-- Requests for a transfer between warehouses, as far as it has not been made.
select concat('mr/', t.name), m.name, t.item_code, t.from_warehouse,
    round(t.stock_qty - t.ordered_qty, 6), 'transfer', t.schedule_date, null, null, null, null,
    convert_tz(greatest(t.modified, m.modified), s.site_offset, '+00:00')
from SITE_DB.`tabMaterial Request` m
join SITE_DB.`tabMaterial Request Item` t on t.parent = m.name
cross join erpnext_settings s
where m.docstatus = 1 and m.material_request_type = 'Material Transfer'
    and m.status not in ('Stopped', 'Cancelled', 'Transferred')
    and t.stock_qty > t.ordered_qty and t.from_warehouse is not null;

create or replace view supply as
select concat('po/', l.name) as supply_id, l.item_code as sku, l.warehouse as location,
    round((l.qty - l.received_qty) * l.conversion_factor, 6) as quantity, 'purchase' as kind,
    l.schedule_date as due_date, o.status <> 'On Hold' as confirmed,
    convert_tz(greatest(l.modified, o.modified), s.site_offset, '+00:00') as updated_at
from SITE_DB.`tabPurchase Order` o
join SITE_DB.`tabPurchase Order Item` l on l.parent = o.name
cross join erpnext_settings s
where o.docstatus = 1 and o.status not in ('Closed', 'Delivered', 'Completed', 'Cancelled')
    and l.qty > l.received_qty and l.delivered_by_supplier = 0 and l.warehouse is not null
union all
select concat('wo/', w.name), w.production_item, w.fg_warehouse,
    round(w.qty - w.produced_qty - coalesce(w.process_loss_qty, 0), 6), 'production',
    date(coalesce(w.expected_delivery_date, w.planned_end_date)), 1,
    convert_tz(w.modified, s.site_offset, '+00:00')
from SITE_DB.`tabWork Order` w
cross join erpnext_settings s
where w.docstatus = 1 and w.status not in ('Stopped', 'Completed', 'Closed', 'Cancelled')
    and w.qty > w.produced_qty + coalesce(w.process_loss_qty, 0)
union all
select concat('mr/', t.name), t.item_code, t.warehouse, round(t.stock_qty - t.ordered_qty, 6),
    'transfer', t.schedule_date, 1,
    convert_tz(greatest(t.modified, m.modified), s.site_offset, '+00:00')
from SITE_DB.`tabMaterial Request` m
join SITE_DB.`tabMaterial Request Item` t on t.parent = m.name
cross join erpnext_settings s
where m.docstatus = 1 and m.material_request_type = 'Material Transfer'
    and m.status not in ('Stopped', 'Cancelled', 'Transferred')
    and t.stock_qty > t.ordered_qty and t.from_warehouse is not null;

-- ERPNext has no field for the id of Shopify's order line. Put the one of your import in place of
-- cast(null ...), for example l.custom_shopify_line_id with 'gid://shopify/LineItem/' before it.
-- Until then no line counts as known, so an imported order stays deducted on both sides.
create or replace view erpnext_references as
select o.po_no as external_order_id, o.name, o.docstatus, o.modified, l.name as line,
    cast(null as char(140)) as external_line_id,
    round(l.qty * l.conversion_factor, 6) as quantity
from SITE_DB.`tabSales Order` o
join SITE_DB.`tabSales Order Item` l on l.parent = o.name and l.parenttype = 'Sales Order'
where o.po_no regexp '^gid://shopify/(Order|DraftOrder)/[0-9]+$' or o.po_no like 'inventory-sync:%';

-- po_no is not unique: of several orders the first that is in force counts.
create or replace view acknowledged_orders as
select r.external_order_id, r.external_line_id,
    sum(if(r.docstatus = 2, 0, r.quantity)) as quantity,
    convert_tz(max(r.modified), max(s.site_offset), '+00:00') as updated_at
from erpnext_references r
cross join erpnext_settings s
where r.external_line_id is not null and not exists (
    select 1 from SITE_DB.`tabSales Order` o
    where o.po_no = r.external_order_id
        and (o.docstatus = 2, o.name) < (r.docstatus = 2, r.name)
)
group by r.external_order_id, r.external_line_id;

-- Changes by their stamps: the microsecond since 2020, and a slot within it.
create or replace view events as
select cast((timestampdiff(microsecond, '2020-01-01',
        convert_tz(c.modified, s.site_offset, '+00:00')) << 12) | (crc32(c.name) & 4095) as signed)
        as event_id,
    convert_tz(c.modified, s.site_offset, '+00:00') as occurred_at,
    c.kind, c.sku, cast(null as char(140)) as location, c.document
from (
    select concat('bin,', b.name) as name, b.modified, 'stock_adjusted' as kind,
        b.item_code as sku, cast(null as char(140)) as document
    from SITE_DB.`tabBin` b
    union all
    select concat('so,', l.name), greatest(l.modified, o.modified),
        case when o.docstatus = 2 then 'order_cancelled' when o.status = 'On Hold' then 'hold_placed'
            else 'order_changed' end, l.item_code, o.name
    from SITE_DB.`tabSales Order` o
    join SITE_DB.`tabSales Order Item` l on l.parent = o.name and l.parenttype = 'Sales Order'
    union all
    select concat('packed,', k.name), greatest(k.modified, o.modified),
        case when o.docstatus = 2 then 'order_cancelled' when o.status = 'On Hold' then 'hold_placed'
            else 'order_changed' end, k.item_code, o.name
    from SITE_DB.`tabSales Order` o
    join SITE_DB.`tabPacked Item` k on k.parent = o.name
    union all
    select concat('wo,', c.name), greatest(c.modified, w.modified), 'order_changed', c.item_code,
        w.name
    from SITE_DB.`tabWork Order` w
    join SITE_DB.`tabWork Order Item` c on c.parent = w.name
    union all
    select concat('wo,', w.name), w.modified, 'supply_changed', w.production_item, w.name
    from SITE_DB.`tabWork Order` w
    union all
    select concat('po,', l.name), greatest(l.modified, o.modified), 'supply_changed', l.item_code,
        o.name
    from SITE_DB.`tabPurchase Order` o
    join SITE_DB.`tabPurchase Order Item` l on l.parent = o.name
    union all
    select concat('mr,', t.name), greatest(t.modified, m.modified), 'order_changed', t.item_code,
        m.name
    from SITE_DB.`tabMaterial Request` m
    join SITE_DB.`tabMaterial Request Item` t on t.parent = m.name
    union all
    select concat('item,', i.name), i.modified, 'stock_adjusted', i.name, null
    from SITE_DB.`tabItem` i
) c
cross join erpnext_settings s;
