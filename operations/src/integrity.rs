//! Every promise the books make, checked row by row, in bounded memory.

use crate::actor::Actor;
use crate::error::Result;
use crate::orders::state::Facts;
use crate::payments::purse::Funds;
use crate::permissions::Permission;
use crate::sql::{Sql, sql};
use crate::store::{Db, Store};
use entities::{order, order_line};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// What was checked, and what was found.
#[derive(Debug, Clone)]
pub struct Report {
    /// When.
    pub checked_at: OffsetDateTime,
    /// Each check.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether nothing is off.
    pub fn ok(&self) -> bool {
        self.checks.iter().all(|check| check.violations == 0)
    }
}

/// One check.
#[derive(Debug, Clone, Default)]
pub struct Check {
    /// What it checks.
    pub name: &'static str,
    /// Rows looked at.
    pub rows_checked: i64,
    /// Rows that are off.
    pub violations: i64,
    /// The first few of them, in words.
    pub examples: Vec<String>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// Examples of each check at most.
const EXAMPLES: usize = 5;
/// Orders looked at together.
const CHUNK: usize = 500;

impl Check {
    pub(crate) fn named(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    pub(crate) fn violation(&mut self, example: impl FnOnce() -> String) {
        self.violations += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }
}

/// Checks everything. Rows beyond reach are checked too: the report names no customer.
pub async fn verify(store: &Store, actor: &Actor) -> Result<Report> {
    actor.require(Permission::InsightsRead)?;
    let db = store.read();
    let mut checks = vec![stock_sums(&db).await?, reservations(&db).await?];
    checks.extend(orders(&db).await?);
    checks.push(backorders(&db).await?);
    checks.push(under_way(&db).await?);
    checks.push(orphans(&db).await?);
    checks.push(expired_timers(&db).await?);
    checks.extend(crate::ledger::check::all(&db).await?);
    checks.extend(crate::credit::read::check(&db).await?);
    checks.extend(crate::settlements::read::check(&db).await?);
    checks.extend(crate::returns::read::check(&db).await?);
    checks.push(crate::customers::value::check(&db).await?);
    checks.push(crate::customers::segments::read::check(&db).await?);
    checks.push(crate::procedures::read::check(&db).await?);
    for chain in crate::chain::Chain::ALL {
        checks.push(crate::chain::check(&db, chain).await?);
    }
    Ok(Report { checked_at: db.now(), checks })
}

pub(crate) async fn grouped(
    db: &Db,
    name: &'static str,
    rows: &str,
    violations: Sql,
    example: impl Fn(&(String, String, i64, i64)) -> String,
) -> Result<Check> {
    let rows_checked = db.value(sql(format!("select count(*) from {rows}"))).await?.unwrap_or(0);
    let mut check = Check { rows_checked, ..Check::named(name) };
    for row in db.values::<(String, String, i64, i64)>(violations).await? {
        check.violation(|| example(&row));
    }
    Ok(check)
}

/// A level is the sum of its movements, in every quantity and in value.
async fn stock_sums(db: &Db) -> Result<Check> {
    let quantities =
        ["on_hand", "reserved", "damaged", "quality_hold", "incoming", "in_transit", "value"];
    let column = |name: &str| if name == "value" { "value_minor".into() } else { name.to_owned() };
    let changed = |name: &str| match name {
        "value" => "value_change_minor".to_owned(),
        name => format!("{name}_change"),
    };
    let sums: Vec<String> =
        quantities.iter().map(|name| format!("sum({}) as {name}", changed(name))).collect();
    let differs: Vec<String> = quantities
        .iter()
        .map(|name| format!("s.{} <> coalesce(m.{name}, 0)", column(name)))
        .collect();
    let violations = sql(format!(
        "select v.sku, l.code, s.on_hand, cast(coalesce(m.on_hand, 0) as bigint)
         from stock_levels s join variants v on v.id = s.variant_id
         join locations l on l.id = s.location_id
         left join (select level_id, {} from stock_movements group by level_id) m on m.level_id = s.id
         where {} order by v.sku, l.code",
        sums.join(", "),
        differs.join(" or ")
    ));
    grouped(db, "stock sums", "stock_levels", violations, |(sku, code, level, moved)| {
        format!("{sku} at {code}: the level says {level} on hand, its movements {moved}, or another quantity or the value differs")
    })
    .await
}

/// What is reserved is what open fulfillments and active checkouts hold.
async fn reservations(db: &Db) -> Result<Check> {
    let violations = sql("with held as (
             select f.location_id, l.variant_id, l.quantity - l.quantity_short as quantity from fulfillment_lines l
             join fulfillments f on f.id = l.fulfillment_id
             join orders o on o.id = l.order_id and not o.imported
             where f.state in ('REQUESTED', 'OPEN', 'ON_HOLD', 'PICKING', 'PACKED', 'READY_FOR_PICKUP')
             union all
             select r.location_id, r.variant_id, r.quantity from stock_reservation_lines r
             join stock_reservations s on s.id = r.reservation_id and s.state = 'ACTIVE'),
         sums as (select location_id, variant_id, cast(sum(quantity) as bigint) as held from held
             group by location_id, variant_id)
         select v.sku, l.code, coalesce(s.reserved, 0), coalesce(h.held, 0)
         from stock_levels s
         full outer join sums h on h.variant_id = s.variant_id and h.location_id = s.location_id
         join variants v on v.id = coalesce(s.variant_id, h.variant_id)
         join locations l on l.id = coalesce(s.location_id, h.location_id)
         where coalesce(s.reserved, 0) <> coalesce(h.held, 0)
         order by v.sku, l.code");
    grouped(db, "reservations against open lines", "stock_levels", violations, |row| {
        let (sku, code, reserved, held) = row;
        format!("{sku} at {code}: {reserved} reserved, {held} held by open work and checkouts")
    })
    .await
}

async fn sums(db: &Db, query: Sql) -> Result<HashMap<Uuid, i64>> {
    Ok(db.values::<(Uuid, i64)>(query).await?.into_iter().collect())
}

/// Totals against lines, states against facts, payments against what is said to be paid.
async fn orders(db: &Db) -> Result<[Check; 5]> {
    let mut totals = Check::named("totals against lines");
    let mut units = Check::named("quantities of lines");
    let mut states = Check::named("states against facts");
    let mut paid = Check::named("paid against payments");
    let mut invoiced = Check::named("invoices against what left");
    let mut after = Uuid::nil();
    loop {
        let query = format!("select * from orders where id > ? order by id limit {CHUNK}");
        let orders: Vec<order::Model> = db.all(sql(query).bind(after)).await?;
        let Some(last) = orders.last() else { return Ok([totals, units, states, paid, invoiced]) };
        after = last.id;
        let ids: Vec<Uuid> = orders.iter().map(|order| order.id).collect();
        let mut lines: HashMap<Uuid, Vec<order_line::Model>> = HashMap::new();
        for line in crate::orders::read::lines_of(db, &ids).await? {
            lines.entry(line.order_id).or_default().push(line);
        }
        let beside = sums(
            db,
            sql("select a.order_id, cast(sum(a.amount_minor + case when o.tax_included then 0 else a.tax_minor end) as bigint)
                 from order_adjustments a join orders o on o.id = a.order_id
                 where a.order_id = any(?) and a.kind not in ('DISCOUNT', 'GOODWILL') group by a.order_id")
            .ids(&ids),
        )
        .await?;
        let captured = sums(
            db,
            sql("select p.order_id, cast(sum(case t.kind when 'CAPTURE' then t.amount_minor else 0 end) as bigint)
                 from payments p join payment_transactions t on t.payment_id = p.id and t.state = 'SUCCEEDED'
                 where p.order_id = any(?) group by p.order_id")
            .ids(&ids),
        )
        .await?;
        let funds: HashMap<Uuid, Funds> = db
            .values::<(Uuid, i64, i64, i64)>(
                sql("select order_id, cast(sum(case when authorized_minor > voided_minor then authorized_minor - voided_minor else 0 end) as bigint),
                 cast(sum(authorized_minor) as bigint), cast(sum(disputed_minor) as bigint) from payments
                 where order_id = any(?) group by order_id")
                .ids(&ids),
            )
            .await?
            .into_iter()
            .map(|(id, authorized, ever, disputed)| {
                (id, Funds { authorized, obtained: ever > 0, disputed })
            })
            .collect();
        for order in &orders {
            let own = lines.remove(&order.id).unwrap_or_default();
            let of = |sums: &HashMap<Uuid, i64>| sums.get(&order.id).copied().unwrap_or(0);
            check_totals(&mut totals, order, &own, of(&beside));
            check_units(&mut units, order, &own);
            states.rows_checked += 1;
            let expected =
                Facts::of(order, &own, funds.get(&order.id).copied().unwrap_or_default()).states();
            let found = crate::orders::state::States {
                order: order.state,
                fulfillment: order.fulfillment_state,
                payment: order.payment_state,
                returns: order.return_state,
            };
            if expected != found {
                states.violation(|| {
                    format!("{}: is {found:?}, the facts say {expected:?}", order.number)
                });
            }
            check_invoiced(&mut invoiced, order, &own);
            paid.rows_checked += 1;
            if of(&captured) != order.paid_minor {
                paid.violation(|| {
                    let (captured, paid) = (of(&captured), order.paid_minor);
                    format!("{}: {paid} paid, its payments captured {captured}", order.number)
                });
            }
        }
    }
}

fn check_invoiced(check: &mut Check, order: &order::Model, lines: &[order_line::Model]) {
    if !order.in_books || order.draft {
        return;
    }
    check.rows_checked += 1;
    let left = crate::orders::totals::value_of_what_left(order, lines);
    if left != order.invoiced_minor {
        check.violation(|| {
            let invoiced = order.invoiced_minor;
            format!("{}: {invoiced} invoiced, what left is worth {left}", order.number)
        });
    }
}

fn check_totals(check: &mut Check, order: &order::Model, lines: &[order_line::Model], beside: i64) {
    check.rows_checked += 1;
    let nothing_left =
        order.cancelled_at.is_some() && order.shipped_at.is_none() && order.delivered_at.is_none();
    let beside = if nothing_left { 0 } else { beside };
    let of_lines: i64 = lines.iter().map(|line| line.total_minor).sum();
    let on_top = if order.tax_included { 0 } else { order.tax_minor };
    let of_sums = order.items_minor + order.shipping_minor - order.discounts_minor
        + order.other_minor
        + on_top;
    if of_lines + beside != order.grand_total_minor || of_sums != order.grand_total_minor {
        check.violation(|| {
            format!(
                "{}: the total is {}, its lines and adjustments make {}, its sums {of_sums}",
                order.number,
                order.grand_total_minor,
                of_lines + beside
            )
        });
    }
}

fn check_units(check: &mut Check, order: &order::Model, lines: &[order_line::Model]) {
    for line in lines {
        check.rows_checked += 1;
        let open = order.state == entities::enums::OrderState::Open
            && !order.imported
            && order.delivery_method != entities::enums::DeliveryMethod::Digital;
        let accounted = line.quantity_reserved
            + line.quantity_backordered
            + line.quantity_fulfilled
            + line.quantity_cancelled;
        if accounted > line.quantity || (open && accounted != line.quantity) {
            check.violation(|| {
                format!(
                    "{} line {}: {} ordered, {accounted} reserved, backordered, fulfilled or cancelled",
                    order.number, line.position, line.quantity
                )
            });
        }
    }
}

/// Who waits for stock stands in the queue for it, and nobody else does.
async fn backorders(db: &Db) -> Result<Check> {
    let violations = sql("select o.number, coalesce(l.sku, ''), cast(count(l.id) as bigint), cast(count(b.order_line_id) as bigint)
         from orders o join order_lines l on l.order_id = o.id
         left join (select distinct order_line_id from backorders) b on b.order_line_id = l.id
         where (l.quantity_backordered > 0 and l.variant_id is not null and o.state = 'OPEN') <> (b.order_line_id is not null)
         group by o.number, l.sku order by o.number");
    grouped(db, "backorders in their queue", "backorders", violations, |row| {
        let (number, sku, ..) = row;
        format!("{number}: {sku} waits for stock and stands in no queue, or the other way round")
    })
    .await
}

/// What is to come is what open purchase orders and transfers say.
async fn under_way(db: &Db) -> Result<Check> {
    let violations = sql("with expected as (
             select l.variant_id, p.location_id, l.quantity - l.received as incoming, 0 as in_transit
             from purchase_order_lines l join purchase_orders p on p.id = l.purchase_order_id
             where p.state in ('ORDERED', 'PARTIALLY_RECEIVED') and l.quantity > l.received
             union all
             select l.variant_id, t.to_location_id, 0, l.quantity - l.received - l.lost
             from stock_transfer_lines l join stock_transfers t on t.id = l.transfer_id
             where t.state in ('SHIPPED', 'PARTIALLY_RECEIVED')),
         sums as (select variant_id, location_id, cast(sum(incoming) as bigint) as incoming,
             cast(sum(in_transit) as bigint) as in_transit from expected group by variant_id, location_id)
         select v.sku, l.code, coalesce(s.incoming, 0) + coalesce(s.in_transit, 0),
             coalesce(e.incoming, 0) + coalesce(e.in_transit, 0)
         from stock_levels s
         full outer join sums e on e.variant_id = s.variant_id and e.location_id = s.location_id
         join variants v on v.id = coalesce(s.variant_id, e.variant_id)
         join locations l on l.id = coalesce(s.location_id, e.location_id)
         where coalesce(s.incoming, 0) <> coalesce(e.incoming, 0)
           or coalesce(s.in_transit, 0) <> coalesce(e.in_transit, 0)
         order by v.sku, l.code");
    grouped(db, "stock to come against its documents", "stock_levels", violations, |row| {
        let (sku, code, level, documents) = row;
        format!("{sku} at {code}: {level} to come, purchase orders and transfers say {documents}")
    })
    .await
}

/// Every part has the whole it belongs to.
async fn orphans(db: &Db) -> Result<Check> {
    let mut check = Check::named("parts without their whole");
    for (part, column, whole) in [
        ("order_lines", "order_id", "orders"),
        ("order_adjustments", "order_id", "orders"),
        ("order_tags", "order_id", "orders"),
        ("payments", "order_id", "orders"),
        ("payment_transactions", "payment_id", "payments"),
        ("disputes", "payment_id", "payments"),
        ("fulfillment_orders", "order_id", "orders"),
        ("fulfillment_orders", "fulfillment_id", "fulfillments"),
        ("fulfillment_lines", "fulfillment_id", "fulfillments"),
        ("stock_movements", "level_id", "stock_levels"),
        ("stock_transfer_lines", "transfer_id", "stock_transfers"),
        ("purchase_order_lines", "purchase_order_id", "purchase_orders"),
        ("postings", "entry_id", "journal_entries"),
        ("invoice_lines", "invoice_id", "invoices"),
        ("invoice_dues", "invoice_id", "invoices"),
        ("invoices", "order_id", "orders"),
        ("credit_entries", "credit_id", "credits"),
    ] {
        let rows = sql(format!("select count(*) from {part}"));
        check.rows_checked += db.value::<i64>(rows).await?.unwrap_or(0);
        let lost = sql(format!(
            "select p.{column} from {part} p left join {whole} w on w.id = p.{column} where w.id is null"
        ));
        for id in db.values::<Uuid>(lost).await? {
            check.violation(|| format!("{part} names {id}, which is not in {whole}"));
        }
    }
    Ok(check)
}

/// A deadline an hour past means that nobody runs the clocks.
async fn expired_timers(db: &Db) -> Result<Check> {
    let violations = sql("select kind, coalesce(last_error, ''), cast(count(*) as bigint), cast(max(attempts) as bigint)
         from timers where due_at < ? group by kind, coalesce(last_error, '')")
    .bind(db.now() - time::Duration::hours(1));
    grouped(db, "deadlines", "timers", violations, |(kind, error, count, attempts)| {
        format!("{count} of {kind} are an hour overdue after {attempts} attempts: {error}")
    })
    .await
}
