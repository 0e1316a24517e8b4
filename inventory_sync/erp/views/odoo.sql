-- The contract (docs/erp-odoo.md, "Reading the database") as views of an Odoo 17, 18 or 19 database
-- with the apps Sales and Inventory. Run it as the owner of the database, as often as you like:
--
--     psql odoo -v ON_ERROR_STOP=1 -f odoo.sql
--
-- It adds the schema erp_contract and changes nothing of Odoo's. Give the sync a role that may read
-- that schema and nothing else:
--
--     create role inventory_sync login password '...';
--     grant usage on schema erp_contract to inventory_sync;
--     grant select on all tables in schema erp_contract to inventory_sync;
--
-- Columns that a version or an app may lack are read through to_jsonb, so that one file fits all.
-- Stamps have no index in Odoo. In a large database these two make the polling cheap:
--
--     create index concurrently on stock_move (write_date);
--     create index concurrently on sale_order (client_order_ref);

begin;
create schema if not exists erp_contract;
set local search_path = erp_contract, public;

-- Settings. unavailable locations: complete names such as 'WH/Stock/Quarantine', all below too.
create table if not exists odoo_unavailable_locations (complete_name text primary key);
-- What quotations commit: ('sent', 'hold'). A state that is not here takes nothing.
create table if not exists odoo_quotations (
    state text primary key check (state in ('draft', 'sent')),
    kind text not null check (kind in ('pending', 'hold'))
);
-- time_zone: of due dates. line_field: the column of sale_order_line with Shopify's line id.
create table if not exists odoo_settings (
    only_row boolean primary key default true check (only_row),
    time_zone text not null default 'UTC',
    line_field text
);
insert into odoo_settings default values on conflict do nothing;

-- Views are made anew: "create or replace" cannot take a column away.
drop view if exists locations, products, components, stock, commitments, supply,
    acknowledged_orders, events, odoo_moves, odoo_orders, odoo_lines, odoo_kits, odoo_productions,
    odoo_units, odoo_products, odoo_places cascade;

-- Where: the warehouse of a location, and whether it can promise from there.
create view odoo_places as
select l.id,
    l.usage,
    w.id as warehouse_id,
    w.code as warehouse,
    case when u.id is null then w.code end as sells,
    u.id is not null as is_unavailable
from stock_location l
left join lateral (
    select w.id, w.code::text
    from stock_warehouse w
    join stock_location v on v.id = w.view_location_id
    where w.active and l.usage in ('internal', 'view')
        and starts_with(l.parent_path, v.parent_path)
    order by length(v.parent_path) desc
    limit 1
) w on true
left join lateral (
    select r.id
    from odoo_unavailable_locations n
    join stock_location r on r.complete_name = n.complete_name
    where starts_with(l.parent_path, r.parent_path)
    limit 1
) u on true;

-- What: products with a SKU; an archived one only if no active one has its SKU.
create view odoo_products as
select p.id,
    p.default_code::text as sku,
    t.name ->> 'en_US' as name,
    p.active,
    coalesce((to_jsonb(t) ->> 'is_storable')::boolean, t.type = 'product') as is_counted,
    t.uom_id,
    p.product_tmpl_id,
    greatest(p.write_date, t.write_date) as write_date
from product_product p
join product_template t on t.id = p.product_tmpl_id
where p.default_code <> '' and (p.active or not exists (
    select from product_product o where o.default_code = p.default_code and o.active
));

-- How many reference units a unit holds. Until version 18 factor says the inverse.
create view odoo_units as
select u.id,
    case when to_jsonb(u) ? 'relative_factor' then u.factor::numeric
        else 1 / u.factor::numeric end as size
from uom_uom u
where u.factor > 0;

-- The app Manufacturing may be missing: then there are no kits and no productions.
do $$
begin
    if to_regclass('public.mrp_bom') is null then
        create view odoo_productions as select null::integer as id, null::text as name where false;
        create view odoo_kits as
        select null::integer as product_id, null::text as sku, null::integer as bom_id,
            null::numeric as made where false;
        create view components as
        select null::text as kit_sku, null::text as component_sku, null::numeric as quantity
        where false;
        return;
    end if;
    create view odoo_productions as select id, name::text from public.mrp_production;
    create view odoo_kits as
    select distinct on (p.id) p.id as product_id, p.sku, b.id as bom_id,
        coalesce(nullif(b.product_qty * coalesce(bu.size / pu.size, 1), 0), 1)::numeric as made
    from odoo_products p
    join public.mrp_bom b on b.type = 'phantom' and b.active and b.product_tmpl_id = p.product_tmpl_id
        and (b.product_id is null or b.product_id = p.id)
    left join odoo_units bu on bu.id = b.product_uom_id
    left join odoo_units pu on pu.id = p.uom_id
    order by p.id, coalesce(b.sequence, 0), b.product_id is null, b.id;
    -- A line that names values fits a variant that has one of them of each attribute.
    create view components as
    select k.sku as kit_sku,
        coalesce(p.sku, 'odoo:' || l.product_id) as component_sku,
        round(sum(l.product_qty::numeric * coalesce(lu.size / pu.size, 1) / k.made), 6) as quantity
    from odoo_kits k
    join public.mrp_bom_line l on l.bom_id = k.bom_id
    left join odoo_products p on p.id = l.product_id
    left join odoo_units lu on lu.id = l.product_uom_id
    left join odoo_units pu on pu.id = p.uom_id
    where not exists (
        select from public.mrp_bom_line_product_template_attribute_value_rel r
        join public.product_template_attribute_value v
            on v.id = r.product_template_attribute_value_id
        left join public.product_variant_combination c
            on c.product_template_attribute_value_id = v.id
            and c.product_product_id = k.product_id
        where r.mrp_bom_line_id = l.id
        group by v.attribute_id
        having count(c.product_product_id) = 0
    )
    group by 1, 2;
end $$;

create view locations as
select w.code::text as location, w.name::text as name,
    nullif((select time_zone from odoo_settings), 'UTC') as time_zone
from stock_warehouse w
where w.active;

create view products as
select p.sku, p.name,
    p.active and (p.is_counted or exists (select from odoo_kits k where k.product_id = p.id))
        as tracked
from odoo_products p;

-- A row per product and warehouse, also where two products share a SKU, so that this is seen.
create view stock as
select p.sku, l.warehouse as location,
    round(sum(q.quantity)::numeric, 6) as physical,
    greatest(coalesce(round((sum(q.quantity) filter (where l.is_unavailable))::numeric, 6), 0), 0)
        as unavailable,
    max(q.write_date) at time zone 'UTC' as updated_at
from stock_quant q
join odoo_products p on p.id = q.product_id
join odoo_places l on l.id = q.location_id
where l.usage = 'internal' and l.warehouse is not null
group by p.id, p.sku, l.warehouse;

-- Sales orders: which Shopify order one stands for, and whether it is the one that counts. Of an
-- order of ours the source document is "<line> <request>".
create view odoo_orders as
select o.id, o.name::text, o.state, o.warehouse_id, o.commitment_date, o.validity_date,
    o.write_date, o.client_order_ref::text as external_order_id, o.is_named, o.our_line,
    (select t.name ->> 'en_US' from crm_team t where t.id = o.team_id) as channel,
    not o.is_named or not exists (
        select from sale_order other
        where other.client_order_ref = o.client_order_ref
            and other.id <> o.id
            and split_part(coalesce(other.origin, ''), ' ', 1) = split_part(coalesce(o.origin, ''), ' ', 1)
            and (array_position('{sale,done,draft,sent,cancel}', other.state) / 3, other.id)
                < (array_position('{sale,done,draft,sent,cancel}', o.state) / 3, o.id)
    ) as counts
from (
    select s.*,
        coalesce(s.client_order_ref ~ '^gid://shopify/(Order|DraftOrder)/[0-9]+$'
            or starts_with(s.client_order_ref, 'inventory-sync:'), false) as is_named,
        case when s.origin ~ '^(inventory-sync:|gid://shopify/)\S* \S'
            then split_part(s.origin, ' ', 1) end as our_line
    from sale_order s
) o;

create view odoo_lines as
select l.id, l.order_id, l.product_id, l.state, l.warehouse_id, l.write_date,
    round(l.product_uom_qty::numeric * coalesce(lu.size / pu.size, 1), 6) as quantity,
    coalesce(
        case when f.value ~ '^[1-9][0-9]{0,19}$' then 'gid://shopify/LineItem/' || f.value
            else nullif(f.value, '') end,
        o.our_line) as external_line_id
from sale_order_line l
join odoo_orders o on o.id = l.order_id
cross join lateral (
    select coalesce(to_jsonb(l) ->> 'product_uom_id', to_jsonb(l) ->> 'product_uom')::integer as unit,
        btrim(to_jsonb(l) ->> (select line_field from odoo_settings)) as value
) f
left join product_product v on v.id = l.product_id
left join product_template t on t.id = v.product_tmpl_id
left join odoo_units lu on lu.id = f.unit
left join odoo_units pu on pu.id = t.uom_id;

-- Open moves with both ends. From version 18 on one step of several knows the last location.
create view odoo_moves as
select m.id, m.state, p.sku, round(m.product_qty::numeric, 6) as quantity,
    (m.date at time zone 'UTC' at time zone (select time_zone from odoo_settings))::date as due_date,
    m.write_date, a.usage as from_usage, a.warehouse as from_warehouse, a.sells as from_sells,
    b.usage as to_usage, b.warehouse as to_warehouse, b.sells as to_sells,
    x.line_id, x.raw_id, x.made_id, x.bought_id,
    coalesce(
        (select name from odoo_productions where id = coalesce(x.raw_id, x.made_id)),
        nullif(m.origin, ''),
        (select k.name from stock_picking k where k.id = m.picking_id),
        'move/' || m.id) as document
from stock_move m
join odoo_products p on p.id = m.product_id
cross join lateral (
    select (j ->> 'location_final_id')::integer as final_id,
        (j ->> 'sale_line_id')::integer as line_id,
        (j ->> 'raw_material_production_id')::integer as raw_id,
        (j ->> 'production_id')::integer as made_id,
        (j ->> 'purchase_line_id')::integer as bought_id
    from (select to_jsonb(m) as j) as row
) x
join odoo_places a on a.id = m.location_id
join odoo_places b on b.id = coalesce(x.final_id, m.location_dest_id);

create view commitments as
select 'move/' || m.id as commitment_id,
    coalesce(o.name, m.document) as order_id,
    m.sku, m.from_sells as location, m.quantity,
    case when m.raw_id is not null then 'work'
        when m.line_id is not null then 'order'
        when m.to_warehouse is not null or m.to_usage = 'transit' then 'transfer'
        else 'order' end as kind,
    m.due_date, null::timestamptz as expires_at, o.channel,
    case when o.is_named then o.external_order_id end as external_order_id,
    case when o.is_named then l.external_line_id end as external_line_id,
    m.write_date at time zone 'UTC' as updated_at
from odoo_moves m
left join odoo_lines l on l.id = m.line_id
left join odoo_orders o on o.id = l.order_id
where m.state in ('waiting', 'confirmed', 'assigned', 'partially_available')
    and m.from_sells is not null and m.from_sells is distinct from m.to_sells
union all
select 'line/' || l.id, o.name, p.sku,
    coalesce(w.code, (select min(code) from stock_warehouse where active))::text, l.quantity, k.kind,
    (o.commitment_date at time zone 'UTC' at time zone s.time_zone)::date,
    case when k.kind = 'pending' and o.is_named then null
        else (o.validity_date + 1)::timestamp at time zone s.time_zone end,
    o.channel,
    case when o.is_named then o.external_order_id end,
    case when o.is_named then l.external_line_id end,
    greatest(l.write_date, o.write_date) at time zone 'UTC'
from odoo_lines l
join odoo_orders o on o.id = l.order_id and o.counts
join odoo_products p on p.id = l.product_id
cross join odoo_settings s
left join odoo_quotations q on q.state = l.state
cross join lateral (
    select case when not o.is_named then q.kind
        when starts_with(o.external_order_id, 'gid://shopify/Order/') then 'pending'
        else 'reservation' end as kind
) k
left join stock_warehouse w on w.id = coalesce(l.warehouse_id, o.warehouse_id) and w.active
where l.state in ('draft', 'sent') and k.kind is not null and l.quantity > 0;

create view supply as
select 'move/' || m.id as supply_id, m.sku, m.to_sells as location, m.quantity,
    case when m.made_id is not null then 'production'
        when m.from_warehouse is not null or m.from_usage = 'transit' then 'transfer'
        else 'purchase' end as kind,
    m.due_date,
    m.made_id is not null or m.bought_id is not null or m.from_warehouse is not null
        or m.from_usage in ('transit', 'supplier') as confirmed,
    m.write_date at time zone 'UTC' as updated_at
from odoo_moves m
where m.state in ('waiting', 'confirmed', 'assigned', 'partially_available')
    and m.to_sells is not null and m.from_sells is distinct from m.to_sells;

create view acknowledged_orders as
select o.external_order_id, l.external_line_id,
    sum(case when o.state = 'cancel' then 0 else l.quantity end) as quantity,
    max(greatest(l.write_date, o.write_date)) at time zone 'UTC' as updated_at
from odoo_orders o
join odoo_lines l on l.order_id = o.id
where o.is_named and o.counts and l.external_line_id is not null
group by 1, 2;

-- Changes by their stamps: the microsecond since 2020, and a slot within it. A stamp is the begin
-- of its transaction, so ids may commit late; the sync reads an overlap again.
create view events as
select (((extract(epoch from c.write_date) - 1577836800) * 1000000)::bigint << 12)
        | (hashtext(c.name) & 4095) as event_id,
    c.write_date at time zone 'UTC' as occurred_at,
    c.kind, c.sku, null::text as location, c.document
from (
    select 'stock.move,' || m.id as name, m.write_date, m.sku, m.document,
        case when m.from_sells is null then case
                when m.state <> 'done' then 'supply_changed'
                when m.made_id is not null then 'production_completed'
                when m.from_warehouse is not null or m.from_usage = 'transit'
                    then 'transfer_received'
                else 'stock_received' end
            when m.state = 'done' then case
                when m.line_id is null and m.raw_id is null
                    and (m.to_warehouse is not null or m.to_usage = 'transit')
                    then 'transfer_shipped' else 'order_shipped' end
            when m.state = 'cancel' then 'order_cancelled'
            else 'order_changed' end as kind
    from odoo_moves m
    where m.from_sells is distinct from m.to_sells
    union all
    select 'stock.quant,' || q.id, q.write_date, p.sku, null, 'stock_adjusted'
    from stock_quant q
    join odoo_products p on p.id = q.product_id
    join odoo_places l on l.id = q.location_id and l.usage = 'internal'
    union all
    select 'sale.order.line,' || l.id, greatest(l.write_date, o.write_date), p.sku, o.name,
        case o.state when 'sale' then 'order_confirmed' when 'cancel' then 'order_cancelled'
            else 'order_changed' end
    from odoo_lines l
    join odoo_orders o on o.id = l.order_id
    join odoo_products p on p.id = l.product_id
    union all
    select 'product.product,' || p.id, p.write_date, p.sku, null, 'stock_adjusted'
    from odoo_products p
) c
where c.write_date is not null;

commit;
