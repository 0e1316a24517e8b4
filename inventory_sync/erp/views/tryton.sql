-- The contract (docs/erp-tryton.md, "Reading the database") as views of a Tryton 8.0 database on
-- PostgreSQL with the modules stock and sale. Run it as the owner of the database, as often as you
-- like, and again after modules were activated:
--
--     psql company -v ON_ERROR_STOP=1 -f tryton.sql
--
-- It adds the schema erp_contract and changes nothing of Tryton's. Give the sync a role that may
-- read that schema and nothing else; what is granted has to be granted again after the next run:
--
--     create role inventory_sync login password '...';
--     grant usage on schema erp_contract to inventory_sync;
--     grant select on all tables in schema erp_contract to inventory_sync;
--
-- Three indexes make the reading of a few SKUs and the polling cheap in a large database. Tryton's
-- updates drop indexes whose names begin with idx_ or end with _index: keep these names.
--
--     create index concurrently inventory_sync_product on stock_move (product);
--     create index concurrently inventory_sync_moves
--         on stock_move (coalesce(write_date, create_date));
--     create index concurrently inventory_sync_sales
--         on sale_sale (coalesce(write_date, create_date));

begin;
set local client_min_messages = warning;
create schema if not exists erp_contract;
set local search_path = erp_contract, public;

-- Settings, as of the connector tryton: stock_of 'storage' or 'warehouse', drafts 'ignore' or
-- 'pending', company by its name where there are several. event_days: how old a change may be that
-- is still told; whoever was away for longer reads everything anew.
create table if not exists tryton_settings (
    only_row boolean primary key default true check (only_row),
    stock_of text not null default 'storage' check (stock_of in ('storage', 'warehouse')),
    drafts text not null default 'ignore' check (drafts in ('ignore', 'pending')),
    company text,
    event_days integer not null default 7 check (event_days > 0)
);
insert into tryton_settings default values on conflict do nothing;
-- Locations whose stock cannot be sold, by code or name, with all that lies below them.
create table if not exists tryton_unavailable_locations (name text primary key);

-- Views are made anew: "create or replace" cannot take a column away.
drop view if exists locations, products, components, stock, commitments, supply,
    acknowledged_orders, events, tryton_lines, tryton_leaving, tryton_moves,
    tryton_goods, tryton_places, tryton_warehouses cascade;

-- What is read of Tryton, as views of the same columns: a module that is not activated has left no
-- table or no column, and then there are no rows, or nulls.
do $$
declare
    wanted record;
begin
    for wanted in
        with asked (name, columns) as (values
            ('company_company', 'id integer, party integer, timezone text'),
            ('stock_location', 'id integer, name text, code text, type text, active boolean,
                "left" integer, "right" integer, storage_location integer,
                input_location integer, output_location integer'),
            ('stock_period', 'id integer, company integer, date date, state text'),
            ('stock_period_cache', 'period integer, location integer, product integer,
                internal_quantity float8'),
            ('stock_move', 'id integer, company integer, product integer, state text,
                internal_quantity float8, planned_date date, effective_date date,
                from_location integer, to_location integer, origin text, shipment text,
                production_input integer, production_output integer, write_date timestamp,
                create_date timestamp'),
            ('stock_shipment_out', 'id integer, state text'),
            ('product_uom', 'id integer, factor float8'),
            ('product_template', 'id integer, name text, type text, consumable boolean,
                default_uom integer'),
            ('product_product', 'id integer, code text, template integer, create_date timestamp'),
            ('product_component', 'parent_template integer, parent_product integer,
                product integer, unit integer, quantity float8'),
            ('production', 'id integer, state text'),
            ('purchase_line', 'id integer, delivery_date_store date'),
            ('web_shop', 'id integer, name text'),
            ('sale_sale', 'id integer, company integer, state text, shipment_method text,
                warehouse integer, shipping_date date, quotation_date date,
                quotation_validity interval, web_shop integer, web_id text,
                shopify_identifier_signed bigint, write_date timestamp, create_date timestamp'),
            ('sale_line', 'id integer, sale integer, type text, product integer,
                quantity float8, unit integer, shopify_identifier_signed bigint,
                write_date timestamp, create_date timestamp'),
            ('sale_line_component', 'id integer, line integer')
        )
        select a.name, count(t.relname) > 0 as is_there,
            string_agg(
                case when exists (
                    select from pg_attribute c
                    where c.attrelid = t.oid and c.attname = btrim(split_part(part, ' ', 1), '"')
                        and not c.attisdropped
                ) then split_part(part, ' ', 1)
                else format('null::%s as %s', split_part(part, ' ', 2), split_part(part, ' ', 1))
                end, ', ') as columns
        from asked a
        cross join lateral regexp_split_to_table(a.columns, ',\s+') as part
        left join pg_class t on t.oid = to_regclass('public.' || a.name)
        group by a.name
    loop
        execute format('drop view if exists t_%s cascade', wanted.name);
        execute format('create view t_%s as select %s', wanted.name, wanted.columns)
            || case when wanted.is_there then ' from public.' || wanted.name
                else ' where false' end;
    end loop;
end $$;

-- The company whose stock is sold. Where a setting does not fit, reading fails and says so, for
-- numbers without that company or those locations would be wrong.
create or replace function tryton_company() returns integer
language plpgsql stable security definer set search_path = erp_contract, public as $$
declare
    ids integer[];
    missing text;
begin
    select array_agg(c.id) into ids
    from t_company_company c
    join public.party_party p on p.id = c.party
    cross join tryton_settings s
    where s.company is null or s.company = p.name;
    if coalesce(array_length(ids, 1), 0) <> 1 then
        raise exception 'name the company whose stock is sold in tryton_settings.company';
    end if;
    select n.name into missing
    from tryton_unavailable_locations n
    where not exists (select from t_stock_location l where n.name in (l.code, l.name));
    if missing is not null then
        raise exception 'there is no location %: correct tryton_unavailable_locations', missing;
    end if;
    return ids[1];
end $$;

create view tryton_warehouses as
select w.id, coalesce(nullif(w.code, ''), w.name)::text as location, w.name::text, w."left",
    w."right", w.input_location, w.output_location, z.id as counted, z."left" as counted_left,
    z."right" as counted_right
from t_stock_location w
cross join tryton_settings s
join t_stock_location z
    on z.id = case s.stock_of when 'warehouse' then w.id else w.storage_location end
where w.type = 'warehouse' and w.active;

-- Where: counted, the warehouse whose stock a location holds; area, that warehouse where what lies
-- there can be promised; inside, the warehouse that it lies in, whatever lies there.
create view tryton_places as
select distinct on (l.id) l.id, l.type::text, s.is_shut, c.id as counted,
    case when not s.is_shut then c.id end as area,
    case when not s.is_shut then c.location end as area_name,
    case when not s.is_shut then c.output_location end as area_output,
    i.id as inside, i.location as inside_name,
    coalesce(i.input_location = l.id, false) as is_input,
    coalesce(i.output_location = l.id, false) as is_output
from t_stock_location l
left join tryton_warehouses c on l."left" between c.counted_left and c.counted_right
left join tryton_warehouses i on l."left" between i."left" and i."right" or c.id = i.id
cross join lateral (
    select exists (
        select from tryton_unavailable_locations n
        join t_stock_location r on n.name in (r.code, r.name)
        where l."left" between r."left" and r."right"
    ) as is_shut
) s
order by l.id, c.id desc nulls last, i.id desc nulls last;

create view tryton_goods as
select p.id, p.code::text as sku, t.type::text, t.name::text, not t.consumable as tracked,
    t.id as template, p.create_date as created_at
from t_product_product p
join t_product_template t on t.id = p.template
where t.type in ('goods', 'kit') and p.code is not null;

create view locations as
select w.location, w.name, nullif(c.timezone, '')::text as time_zone
from tryton_warehouses w
join t_company_company c on c.id = (select tryton_company());

create view products as
select sku, name, tracked from tryton_goods;

-- The parts of the product itself if it has its own, else of its template.
create view components as
select k.sku as kit_sku, p.code::text as component_sku,
    round(sum(c.quantity::numeric * coalesce(cu.factor::numeric / pu.factor::numeric, 1)), 6)
        as quantity
from tryton_goods k
join t_product_component c on c.parent_product = k.id
    or c.parent_template = k.template and c.parent_product is null
        and not exists (select from t_product_component own where own.parent_product = k.id)
join t_product_product p on p.id = c.product
join t_product_template t on t.id = p.template
left join t_product_uom cu on cu.id = c.unit
left join t_product_uom pu on pu.id = t.default_uom
where k.type = 'kit'
group by k.id, k.sku, p.code;

-- Done moves, above what the last closed period has added up. All goods in all warehouses have a
-- row, for what has no row is not known.
create view stock as
with period as not materialized (
    select p.id, p.date
    from t_stock_period p
    where p.state = 'closed' and p.company = (select tryton_company())
    order by p.date desc
    limit 1
), done as not materialized (
    select m.*, coalesce(m.write_date, m.create_date) as changed_at
    from t_stock_move m
    where m.state = 'done' and m.company = (select tryton_company())
        and coalesce(m.effective_date, m.planned_date, date '9999-12-31')
            > coalesce((select date from period), '-infinity')
        and coalesce(m.effective_date, m.planned_date) <= (
            select (now() at time zone coalesce(nullif(c.timezone, ''), 'UTC'))::date
            from t_company_company c
            where c.id = (select tryton_company()))
), goods as not materialized (
    select id, sku, created_at from tryton_goods where type = 'goods'
), flow as not materialized (
    select g.id, g.sku, m.to_location as place, m.internal_quantity as quantity, m.changed_at
    from goods g join done m on m.product = g.id
    union all
    select g.id, g.sku, m.from_location, -m.internal_quantity, m.changed_at
    from goods g join done m on m.product = g.id
    union all
    select g.id, g.sku, c.location, c.internal_quantity, p.date::timestamp
    from goods g join t_stock_period_cache c on c.product = g.id join period p on p.id = c.period
    union all
    select g.id, g.sku, w.counted, 0, g.created_at from goods g cross join tryton_warehouses w
)
select f.sku, w.location, round(sum(f.quantity)::numeric, 6) as physical,
    coalesce(round((sum(f.quantity) filter (where l.is_shut))::numeric, 6), 0) as unavailable,
    max(f.changed_at) at time zone 'UTC' as updated_at
from flow f
join tryton_places l on l.id = f.place
join tryton_warehouses w on w.id = l.counted
group by f.id, f.sku, w.id, w.location;

-- Lines of sales with what is known of their sale and, as gids, of their Shopify order: Tryton's
-- own Shopify module keeps numbers, our sales have both gids in their web ID.
create view tryton_lines as
select l.id, l.type, l.product, s.state, s.shipment_method, s.warehouse, s.shipping_date, s.web_id,
    'sale.sale,' || s.id as document,
    (select w.name::text from t_web_shop w where w.id = s.web_shop) as channel,
    ((coalesce(s.quotation_date, z.today) + s.quotation_validity)::date + 1)::timestamp
        at time zone z.name as expires_at,
    round(coalesce(l.quantity, 0)::numeric
        * coalesce(lu.factor::numeric / pu.factor::numeric, 1), 6) as quantity,
    case when n.is_number then 'gid://shopify/Order/' || (s.shopify_identifier_signed + n.zero)
        when n.is_ours then split_part(s.web_id, ' ', 1)
        end as external_order_id,
    case when n.is_number then 'gid://shopify/LineItem/' || (l.shopify_identifier_signed + n.zero)
        when n.is_ours then substr(s.web_id, position(' ' in s.web_id) + 1)
        end as external_line_id,
    coalesce(s.write_date, s.create_date) as sale_changed_at,
    greatest(coalesce(l.write_date, l.create_date), coalesce(s.write_date, s.create_date))
        as changed_at
from t_sale_line l
join t_sale_sale s on s.id = l.sale
join t_company_company c on c.id = s.company
cross join lateral (
    select coalesce(nullif(c.timezone, ''), 'UTC') as name,
        (now() at time zone coalesce(nullif(c.timezone, ''), 'UTC'))::date as today
) z
cross join lateral (
    select s.shopify_identifier_signed is not null as is_number,
        s.web_id like '% %' as is_ours,
        9223372036854775808 as zero
) n
left join t_product_product p on p.id = l.product
left join t_product_template t on t.id = p.template
left join t_product_uom lu on lu.id = l.unit
left join t_product_uom pu on pu.id = t.default_uom
where s.company = (select tryton_company());

-- Moves of goods with both ends.
create view tryton_moves as
select m.id, m.state::text, m.product, g.sku, round(m.internal_quantity::numeric, 6) as quantity,
    m.planned_date, m.to_location, m.origin::text, m.shipment::text, m.production_input,
    m.production_output,
    case when m.origin like '%,%' then nullif(split_part(m.origin, ',', 2), '')::integer end
        as origin_id,
    case when m.shipment like 'stock.shipment.out,%' then split_part(m.shipment, ',', 2)::integer end
        as delivery_id,
    coalesce('production,' || coalesce(m.production_input, m.production_output),
        nullif(m.shipment, ''), nullif(m.origin, ''), 'stock.move,' || m.id)::text as document,
    coalesce(m.write_date, m.create_date) as changed_at,
    case when b.type = 'customer' or m.shipment like 'stock.shipment.out,%' then case
            when m.state = 'done' and b.type = 'customer' then 'order_shipped'
            when m.state = 'cancelled' then 'order_cancelled'
            else 'order_changed' end
        when m.production_output is not null then case m.state
            when 'done' then 'production_completed' else 'supply_changed' end
        when m.production_input is not null then 'stock_adjusted'
        when a.type = 'supplier' then case m.state
            when 'done' then 'stock_received' else 'supply_changed' end
        when a.area is not null then 'transfer_shipped'
        when b.area is not null then 'transfer_received'
        else 'stock_adjusted' end as change,
    a.type as from_type, a.area as from_area, a.area_name as from_name, a.inside as from_inside,
    a.inside_name as from_inside_name, a.area_output, a.is_output,
    b.type as to_type, b.area as to_area, b.area_name as to_name, b.inside as to_inside,
    b.inside_name as to_inside_name, b.is_input
from t_stock_move m
join tryton_goods g on g.id = m.product and g.type = 'goods'
join tryton_places a on a.id = m.from_location
join tryton_places b on b.id = m.to_location
where m.company = (select tryton_company());

-- Open moves that leave what can be promised. Of the two moves of a delivery only the one to the
-- customer counts, less what was picked for it and lies in an output zone: that has left already.
create view tryton_leaving as
select m.*, coalesce(m.from_name, m.from_inside_name) as location,
    case when m.from_area is not null then m.quantity
        else m.quantity - least(m.quantity, greatest(coalesce(round((
            select sum(d.internal_quantity)
            from t_stock_move d
            join t_stock_shipment_out s
                on s.id = m.delivery_id and s.state in ('waiting', 'assigned', 'picked', 'packed')
            join tryton_places o on o.id = d.to_location and o.is_output and o.area is null
            where d.shipment = m.shipment and d.product = m.product and d.state = 'done'
        )::numeric, 6), 0) - coalesce(m.before, 0), 0))
        end as open
from (
    select m.*, sum(m.quantity) over (
        partition by m.sku, m.shipment, m.from_area order by m.id
        rows between unbounded preceding and 1 preceding) as before
    from tryton_moves m
    where m.state in ('draft', 'assigned') and (
        m.from_area is not null and m.from_area is distinct from m.to_area
            and not (m.to_location = m.area_output and m.delivery_id is not null)
        or m.from_area is null and m.is_output and m.to_inside is null)
) m;

create view commitments as
select 'stock.move,' || m.id as commitment_id, coalesce(l.document, m.document) as order_id,
    m.sku, m.location, m.open as quantity,
    case when m.production_input is not null or m.to_type = 'production' then 'work'
        when m.to_type in ('customer', 'supplier') then 'order'
        else 'transfer' end as kind,
    m.planned_date as due_date, null::timestamptz as expires_at, l.channel,
    l.external_order_id, l.external_line_id, m.changed_at at time zone 'UTC' as updated_at
from tryton_leaving m
left join t_sale_line_component k
    on m.origin like 'sale.line.component,%' and k.id = m.origin_id
left join tryton_lines l
    on l.id = case when m.origin like 'sale.line,%' then m.origin_id else k.line end
where m.open <> 0
union all
-- Lines of sales that no moves stand for yet, or, where moves come with payments, not of all.
select 'sale.line,' || l.id, l.document, g.sku, w.location, l.quantity - coalesce(v.quantity, 0),
    k.kind, l.shipping_date, case when k.kind = 'hold' then l.expires_at end, l.channel,
    l.external_order_id, l.external_line_id, l.changed_at at time zone 'UTC'
from tryton_lines l
join tryton_goods g on g.id = l.product
left join tryton_warehouses w on w.id = l.warehouse
cross join lateral (
    select case l.state when 'draft' then (select nullif(drafts, 'ignore') from tryton_settings)
        when 'quotation' then 'hold' else 'order' end as kind
) k
left join lateral (
    select count(*) as number, round(sum(m.internal_quantity)::numeric, 6) as quantity
    from t_stock_move m
    where l.state = 'processing' and m.origin = 'sale.line,' || l.id
) v on true
left join lateral (
    select count(*) as number,
        count(*) filter (where not exists (
            select from t_stock_move m where m.origin = 'sale.line.component,' || c.id
        )) as without_moves
    from t_sale_line_component c
    where l.state = 'processing' and c.line = l.id
) p on true
where l.type = 'line' and l.quantity > 0 and k.kind is not null
    and (l.state in ('draft', 'quotation', 'confirmed')
        or l.state = 'processing' and (
            case when p.number > 0 then p.without_moves > 0 else v.number = 0 end
            or l.shipment_method = 'invoice' and g.type = 'goods'))
    and l.quantity > coalesce(v.quantity, 0);

create view supply as
select 'stock.move,' || m.id as supply_id, m.sku, coalesce(m.to_name, m.to_inside_name) as location,
    m.quantity,
    case when m.production_output is not null or m.from_type = 'production' then 'production'
        when m.from_type = 'supplier' or m.shipment like 'stock.shipment.in,%' then 'purchase'
        else 'transfer' end as kind,
    coalesce(m.planned_date, b.delivery_date_store) as due_date,
    coalesce(o.state <> 'draft', true) as confirmed,
    m.changed_at at time zone 'UTC' as updated_at
from tryton_moves m
left join t_production o on o.id = m.production_output
-- The date that was agreed on: Tryton takes it off a move once it has passed.
left join t_purchase_line b on m.origin like 'purchase.line,%' and b.id = m.origin_id
where m.state in ('draft', 'assigned') and m.from_type <> 'customer' and (
    m.to_area is not null and m.from_area is distinct from m.to_area
    or m.to_area is null and m.is_input and m.from_inside is null);

create view acknowledged_orders as
select l.external_order_id, l.external_line_id,
    case l.state when 'cancelled' then 0 else l.quantity end as quantity,
    l.changed_at at time zone 'UTC' as updated_at
from tryton_lines l
where l.type = 'line' and l.web_id is not null
    and l.external_order_id is not null and l.external_line_id is not null
    and (l.state <> 'draft' or (select drafts from tryton_settings) = 'pending');

-- Changes by their stamps: the microsecond since 2020, and a slot within it. A stamp is the begin
-- of its transaction, so ids may commit late; the sync reads an overlap again. A day that comes or
-- passes is a change too, though nothing is written then.
create view events as
with days as (
    select (now() at time zone 'UTC') - make_interval(days => s.event_days) as since,
        coalesce(nullif(c.timezone, ''), 'UTC') as zone
    from tryton_settings s
    join t_company_company c on c.id = (select tryton_company())
)
select (((extract(epoch from e.changed_at) - 1577836800) * 1000000)::bigint << 12)
        | ((e.number * 4 + e.slot) & 4095) as event_id,
    e.changed_at at time zone 'UTC' as occurred_at,
    e.kind, e.sku, e.location, e.document
from (
    select m.changed_at, m.id as number, 0 as slot, m.change as kind, m.sku,
        coalesce(m.from_name, m.to_name) as location, m.document
    from tryton_moves m
    where m.changed_at >= (select since from days)
    union all
    select l.sale_changed_at, l.id, 1,
        case l.state when 'quotation' then 'hold_placed' when 'confirmed' then 'order_confirmed'
            when 'done' then 'order_shipped' when 'cancelled' then 'hold_cancelled'
            else 'order_changed' end,
        p.code::text, null, l.document
    from tryton_lines l
    join t_product_product p on p.id = l.product
    where l.sale_changed_at >= (select since from days) and p.code is not null
    union all
    select t.turned_at, m.id, 2 + t.later, m.change, m.sku, coalesce(m.from_name, m.to_name),
        m.document
    from days d
    cross join tryton_moves m
    cross join generate_series(0, 1) as later
    cross join lateral (
        select later, ((m.planned_date + later)::timestamp at time zone d.zone)
            at time zone 'UTC' as turned_at
    ) t
    where m.state in ('draft', 'assigned')
        and t.turned_at between d.since and now() at time zone 'UTC'
) e;

commit;
