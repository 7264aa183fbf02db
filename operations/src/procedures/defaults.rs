//! The procedures that come with the system: deadlines of law, of contracts and of good practice. Each has a row of its own from the first start on,
//! and is then the shop's: changed, switched off, never put back.

use super::condition::Condition;
use super::define::{Checked, DefineProcedure, written};
use super::quarter;
use super::sql;
use super::step::Step;
use crate::access::sql as access;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Faults, Result};
use crate::orders::list::OrderFilter;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{
    CasePriority, ClockAnchor, HoldReason, OrderFlagCode, ReconciliationExceptionKind, ReturnKind,
};
use entities::{procedure, role};
use rust_decimal::Decimal;

/// One of them; its words are those of the shop's people.
struct Default {
    /// By what it is known that it is there already.
    code: &'static str,
    name: &'static str,
    description: &'static str,
    trigger: &'static str,
    condition: Condition,
    steps: Vec<DefaultStep>,
    active: bool,
}

struct DefaultStep {
    name: &'static str,
    instructions: &'static str,
    owner: &'static str,
    anchor: ClockAnchor,
    within: &'static str,
    working: bool,
    paused: Option<(&'static str, &'static str)>,
    completed: Option<&'static str>,
    escalate: Option<&'static str>,
}

/// Clock: by what it is set, how long, and whether working time counts.
type Time = (ClockAnchor, &'static str, bool);

/// The member states of the European Union.
const EU: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];
const MANAGER: &str = "operations_manager";
const FINANCE: &str = "finance";

fn step(name: &'static str, owner: &'static str, (anchor, within, working): Time) -> DefaultStep {
    DefaultStep {
        name,
        instructions: "",
        owner,
        anchor,
        within,
        working,
        paused: None,
        completed: None,
        escalate: None,
    }
}

impl DefaultStep {
    fn how(self, instructions: &'static str) -> Self {
        Self { instructions, ..self }
    }

    fn until(self, completed: &'static str) -> Self {
        Self { completed: Some(completed), ..self }
    }

    fn then(self, escalate: &'static str) -> Self {
        Self { escalate: Some(escalate), ..self }
    }

    fn waiting(self, paused: (&'static str, &'static str)) -> Self {
        Self { paused: Some(paused), ..self }
    }

    fn with_roles(&self, roles: &[role::Model]) -> Result<Step> {
        let role = |name: &str| {
            let found = roles.iter().find(|role| role.name == name).map(|role| role.id);
            found.ok_or_else(|| Error::Internal(format!("the role {name} has no row")))
        };
        let list = |kind: Option<&str>| kind.map(str::to_owned).into_iter().collect();
        Ok(Step {
            name: self.name.to_owned(),
            instructions: Some(self.instructions.to_owned()).filter(|text| !text.is_empty()),
            owner_role_id: role(self.owner)?,
            anchor: self.anchor,
            due_within: self.within.to_owned(),
            working_time: self.working,
            paused_by: list(self.paused.map(|(stops, _)| stops)),
            resumed_by: list(self.paused.map(|(_, goes_on)| goes_on)),
            warn_at_percent: vec![50, 80],
            completed_by: self.completed.map(str::to_owned),
            escalate_to_role_id: self.escalate.map(role).transpose()?,
        })
    }
}

fn default(
    (code, name): (&'static str, &'static str),
    description: &'static str,
    trigger: &'static str,
    steps: Vec<DefaultStep>,
) -> Default {
    let condition = Condition::default();
    Default { code, name, description, trigger, condition, steps, active: true }
}

impl Default {
    fn only(self, condition: Condition) -> Self {
        Self { condition, ..self }
    }
}

fn order(order: OrderFilter) -> Condition {
    Condition { order: Some(order), ..Condition::default() }
}

fn countries(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

const TRIGGER: ClockAnchor = ClockAnchor::Trigger;

/// About orders and their parcels.
fn of_orders() -> Vec<Default> {
    let review = step("Decide the risk", MANAGER, (TRIGGER, "PT4H", true))
        .until("order.risk_decided|order.approved");
    let capture =
        step("Capture, or let it go", FINANCE, (ClockAnchor::AuthorizationExpiry, "-PT24H", false))
            .how("What is not captured before the authorization ends has to be authorized again.")
            .until("payment.captured|payment.voided");
    let ship = step("Hand over to the carrier", "warehouse", (ClockAnchor::ShipBy, "PT0S", false))
        .until("fulfillment.shipped|fulfillment.ready_for_pickup|order.completed");
    let notice = step(
        "Tell the customer, and ask for consent",
        "agent",
        (ClockAnchor::DeliverBy, "PT0S", false),
    )
    .how("Whoever does not agree to the new date gets the money back (16 CFR 435.2).");
    let arrive = step("See that all of it arrives", MANAGER, (TRIGGER, "P30D", false))
        .until("fulfillment.delivered|order.completed");
    let late = vec![OrderFlagCode::Late, OrderFlagCode::PromiseAtRisk];
    vec![
        default(
            ("fraud_review", "Fraud review"),
            "An order that is held for its risk is decided within four working hours.",
            "order.held",
            vec![review.then("admin")],
        )
        .only(order(OrderFilter {
            hold_reasons: Some(vec![HoldReason::RiskReview]),
            ..OrderFilter::default()
        })),
        default(
            ("capture", "Capture before the authorization ends"),
            "Money is captured a day before its authorization ends at the latest.",
            "payment.authorized",
            vec![capture.then(MANAGER)],
        ),
        default(
            ("ship_by", "Ship on time"),
            "An order leaves by the moment that keeps its promise.",
            "order.approved",
            vec![ship.then(MANAGER)],
        ),
        default(
            ("delay_notice_us", "Notice of delay (United States)"),
            "A customer is told before the promised date that it will not be kept (16 CFR part 435).",
            "order.flag_raised",
            vec![notice.then(MANAGER)],
        )
        .only(order(OrderFilter {
            flags: Some(late),
            country_codes: Some(countries(&["US"])),
            ..OrderFilter::default()
        })),
        default(
            ("delivery_eu", "Delivery within 30 days (European Union)"),
            "Goods arrive 30 days after the contract at the latest (Directive 2011/83/EU, art. 18).",
            "order.placed",
            vec![arrive.then("admin")],
        )
        .only(order(OrderFilter { country_codes: Some(countries(EU)), ..OrderFilter::default() })),
        Default {
            active: false,
            ..default(
                ("withdrawal_window", "Withdrawal window"),
                "14 days in which the customer may withdraw (Directive 2011/83/EU, art. 9). Return policies keep to it by themselves, so this is switched off: \
                 nobody has anything to do before it ends.",
                "fulfillment.delivered",
                vec![step("Wait for a declaration", "agent", (TRIGGER, "P14D", false)).until("return.requested")],
            )
        },
    ]
}

/// About returns, disputes and money that should have come.
fn of_money() -> Vec<Default> {
    let refund = step("Give the money back", FINANCE, (ClockAnchor::RefundDue, "PT0S", false))
        .how("The clock stands still while neither the goods nor a proof of their sending are here (art. 13(3)).")
        .until("return.resolved");
    let inspect = step("Look at the goods", "warehouse", (TRIGGER, "P2D", true))
        .until("return.inspected|return.resolved");
    let evidence = step("Send the evidence", FINANCE, (ClockAnchor::EvidenceDue, "-P3D", false))
        .until("dispute.evidence_sent");
    let ask = step("Ask the provider", FINANCE, (TRIGGER, "P2D", true))
        .until("reconciliation.exception_resolved");
    let bank = step("Find the money at the bank", FINANCE, (TRIGGER, "P5D", true))
        .until("payout.received");
    // By ten in the morning of the next working day, where people begin at nine.
    let statement = step("Fetch the next statement", FINANCE, (TRIGGER, "P1DT1H", true))
        .until("bank_statement.imported");
    let mut all = vec![
        default(
            ("refund", "Refund after a withdrawal"),
            "The money is back 14 days after the declaration, or as the return policy says (Directive 2011/83/EU, art. 13).",
            "return.requested",
            vec![refund.then(MANAGER)],
        )
        .only(Condition {
            return_kinds: Some(vec![ReturnKind::Return]),
            ..Condition::default()
        }),
        default(
            ("return_inspection", "Inspection of returns"),
            "What came back is looked at within two working days.",
            "return.received",
            vec![inspect.then(MANAGER)],
        ),
        default(
            ("dispute_evidence", "Evidence for a dispute"),
            "Evidence is sent three days before the provider's date.",
            "dispute.opened",
            vec![evidence.then(MANAGER)],
        ),
        default(
            ("settlement_overdue", "Settlement overdue"),
            "Money that no settlement tells of in time is asked for: reconciliation waits for as long as the method takes, and two working days, before it says so.",
            "reconciliation.exception_raised",
            vec![ask.then("admin")],
        )
        .only(Condition {
            exception_kinds: Some(vec![
                ReconciliationExceptionKind::MissingInPsp,
                ReconciliationExceptionKind::RefundNotSettled,
            ]),
            ..Condition::default()
        }),
        default(
            ("bank_credit_overdue", "Bank credit overdue"),
            "A payout is at the bank within five working days.",
            "payout.sent",
            vec![bank.then("admin")],
        ),
        default(
            ("statement_missing", "Statement missing"),
            "The next statement of a bank account is here by ten of the next working day.",
            "bank_statement.imported",
            vec![statement.then("admin")],
        ),
    ];
    for (code, name, within, range) in [
        ("exceptions_large", "Differences of 1,000 and more", "P2D", (Some(1_000), None)),
        ("exceptions", "Differences of 100 and more", "P5D", (Some(100), Some("999.9999"))),
        ("exceptions_small", "Differences below 100", "P10D", (None, Some("99.9999"))),
    ] {
        let explain = step("Explain the difference", FINANCE, (TRIGGER, within, true))
            .until("reconciliation.exception_resolved");
        let procedure = default(
            (code, name),
            "A difference between the books, the providers and the bank is explained the sooner the larger it is.",
            "reconciliation.exception_raised",
            vec![explain.then("admin")],
        );
        let (least, most) = range;
        all.push(procedure.only(Condition {
            exception_min: least.map(Decimal::from),
            exception_max: most.and_then(|text| text.parse().ok()),
            ..Condition::default()
        }));
    }
    all
}

/// About those who ask, and about what comes round again.
fn of_people_and_rounds() -> Vec<Default> {
    let waits = ("case.paused", "case.resumed");
    let mut all = Vec::new();
    for (code, name, priority, within) in [
        ("case_urgent", "Urgent cases", CasePriority::Urgent, "PT1H"),
        ("case_high", "Cases of high priority", CasePriority::High, "PT2H"),
        ("case_normal", "Cases", CasePriority::Normal, "PT4H"),
        ("case_low", "Cases of low priority", CasePriority::Low, "PT8H"),
    ] {
        let first = step("First response", "agent", (TRIGGER, within, true))
            .how("What a person writes counts, and what programs send does not.")
            .until("case.answered|case.resolved");
        let solved = step("Resolution", "agent", (TRIGGER, "PT48H", false)).until("case.resolved");
        let steps = vec![first.waiting(waits).then(MANAGER), solved.waiting(waits).then(MANAGER)];
        let procedure = default(
            (code, name),
            "A customer hears from a person in working hours, and the case is solved in two days.",
            "case.opened",
            steps,
        );
        all.push(
            procedure
                .only(Condition { case_priorities: Some(vec![priority]), ..Condition::default() }),
        );
    }
    let next = step("Next response", "agent", (TRIGGER, "PT4H", true))
        .until("case.answered|case.resolved")
        .waiting(waits);
    let again =
        step("Solve it", "agent", (TRIGGER, "PT48H", false)).until("case.resolved").waiting(waits);
    let answered = "privacy_request.completed|privacy_request.refused";
    let data = step("Answer", "admin", (TRIGGER, "P1M", false))
        .until("privacy_request.completed|privacy_request.refused|privacy_request.extended");
    let extended = step("Answer", "admin", (TRIGGER, "P2M", false)).until(answered);
    let supplier = step("Ask the supplier, and promise again", MANAGER, (TRIGGER, "P1D", true))
        .until("purchase_order.received|purchase_order.cancelled");
    let count =
        step("Count again", "warehouse", (TRIGGER, "P30D", false)).until("stock_count.closed");
    let declare = step("Declare the tax", FINANCE, (TRIGGER, "P1M", false))
        .how("File the return of the quarter at the One-Stop-Shop, and say so here.");
    all.extend([
        default(
            ("case_next", "Cases: next response"),
            "A customer who writes again hears from a person within four working hours.",
            "case.asked",
            vec![next.then(MANAGER)],
        ),
        default(
            ("case_reopened", "Cases: opened again"),
            "A case that was not solved after all is solved in two days.",
            "case.reopened",
            vec![again.then(MANAGER)],
        ),
        default(
            ("privacy_request", "Requests about personal data"),
            "Whoever asks for their data, or to be erased, is answered within a month (Regulation (EU) 2016/679, art. 12(3)).",
            "privacy_request.opened",
            vec![data],
        ),
        default(
            ("privacy_request_extended", "Requests about personal data: extended"),
            "Where it takes longer, whoever asked is answered two months after they were told so.",
            "privacy_request.extended",
            vec![extended],
        ),
        default(
            ("purchase_order_overdue", "Purchase order overdue"),
            "A day after goods should have come the supplier is asked, and orders that wait for them are promised again.",
            "purchase_order.overdue",
            vec![supplier.then("admin")],
        ),
        default(
            ("cycle_count", "Cycle count"),
            "A location is counted again after 30 days, as its fast-moving goods need; 90 days do for slower ones and 365 for the slowest.",
            "stock_count.closed",
            vec![count.then(MANAGER)],
        ),
        default(
            ("oss_return", "One-Stop-Shop return"),
            "The return of a quarter is filed by the end of the month behind it (Directive 2006/112/EC, art. 369f).",
            "one_stop_shop.period_ended",
            vec![declare.then("admin")],
        ),
    ]);
    all
}

fn all() -> Vec<Default> {
    [of_orders(), of_money(), of_people_and_rounds()].into_iter().flatten().collect()
}

/// Gives the procedures that come with the system their rows where they never had any: a server does so when it starts.
pub async fn built_in_procedures(store: &Store) -> Result<()> {
    let there = sql::built_in(&store.read()).await?;
    if all().iter().all(|one| there.iter().any(|(code, _)| code == one.code)) {
        return Ok(());
    }
    store.write(|tx| async move { ensure(&tx).await }).await
}

async fn ensure(tx: &WriteTx) -> Result<()> {
    sql::revise(tx).await?;
    let there = sql::built_in(tx).await?;
    let names = sql::all(tx).await?;
    let roles = ["admin", MANAGER, FINANCE, "warehouse", "agent"];
    let roles = access::roles_by_name(tx, &roles).await?;
    let (mut rows, mut versions) = (Batch::default(), Batch::default());
    for one in all() {
        let key = checks::fold(one.name);
        let taken = names.iter().any(|row| row.name_key == key);
        if taken || there.iter().any(|(code, _)| code == one.code) {
            continue;
        }
        let said = one.checked(&roles)?;
        let row = procedure::Model {
            id: tx.id(),
            version: 1,
            name: one.name.to_owned(),
            name_key: key,
            built_in: Some(one.code.to_owned()),
            active: one.active,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        versions.add(&written(tx, &row, &said)?);
        rows.add(&row);
    }
    for entity in catalog::all_legal_entities(tx).await? {
        quarter::watch(tx, &mut versions, &entity).await?;
    }
    rows.insert(tx).await?;
    versions.insert(tx).await
}

impl Default {
    /// What it says, checked like anybody's.
    fn checked(&self, roles: &[role::Model]) -> Result<Checked> {
        let steps: Result<Vec<Step>> =
            self.steps.iter().map(|step| step.with_roles(roles)).collect();
        let command = DefineProcedure {
            procedure_id: None,
            expected_version: None,
            name: self.name.to_owned(),
            description: Some(self.description.to_owned()),
            trigger: self.trigger.to_owned(),
            condition: self.condition.clone(),
            steps: steps?,
            active: self.active,
        };
        let mut faults = Faults::default();
        let said = command.check(&mut faults);
        faults.check()?;
        Ok(said)
    }
}
