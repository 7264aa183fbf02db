//! Deadlines: written in the transaction that sets them, run once, on whichever node is first.

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::sql::sql;
use crate::store::{Batch, Store, WriteTx};
use entities::timer;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// What a timer does when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// Give a checkout's stock back.
    ExpireReservation,
    /// Cancel an order that was never paid.
    ExpireUnpaidOrder,
    /// Deal out what lies there to those who wait for a variant.
    ServeBackorders,
    /// Look at an order whose clock struck.
    ReviewOrder,
    /// Tell those who wait for a variant when it comes.
    PromiseAgain,
    /// A purchase order should have come.
    OverduePurchaseOrder,
    /// A transfer should have arrived.
    OverdueTransfer,
    /// A dispute is to be answered soon.
    DisputeDue,
    /// A gift card or credit ends.
    ExpireCredit,
    /// Entries of bank statements may be explained by what came since.
    MatchBank,
    /// Nothing was sent of a return that was agreed to.
    ExpireReturn,
    /// A case that was solved is over.
    CloseCase,
    /// A share of the time of a task is over, or all of it.
    StrikeTask,
    /// A location works at other hours: tasks that count by them are counted anew.
    RecountTasks,
    /// A quarter ends for whoever declares tax by it.
    EndQuarter,
}

impl Job {
    const fn name(self) -> &'static str {
        match self {
            Self::ExpireReservation => "reservation.expire",
            Self::ExpireUnpaidOrder => "order.expire_unpaid",
            Self::ServeBackorders => "backorders.serve",
            Self::ReviewOrder => "order.review",
            Self::PromiseAgain => "backorders.promise",
            Self::OverduePurchaseOrder => "purchase_order.overdue",
            Self::OverdueTransfer => "transfer.overdue",
            Self::DisputeDue => "dispute.due",
            Self::ExpireCredit => "credit.expire",
            Self::MatchBank => "bank.match",
            Self::ExpireReturn => "return.expire",
            Self::CloseCase => "case.close",
            Self::StrikeTask => "task.strike",
            Self::RecountTasks => "tasks.recount",
            Self::EndQuarter => "quarter.end",
        }
    }

    fn named(name: &str) -> Option<Self> {
        const ALL: [Job; 15] = [
            Job::ExpireReservation,
            Job::ExpireUnpaidOrder,
            Job::ServeBackorders,
            Job::ReviewOrder,
            Job::PromiseAgain,
            Job::OverduePurchaseOrder,
            Job::OverdueTransfer,
            Job::DisputeDue,
            Job::ExpireCredit,
            Job::MatchBank,
            Job::ExpireReturn,
            Job::CloseCase,
            Job::StrikeTask,
            Job::RecountTasks,
            Job::EndQuarter,
        ];
        ALL.into_iter().find(|job| job.name() == name)
    }
}

/// Sets a timer, in the transaction that sets the deadline.
pub(crate) fn set(
    tx: &WriteTx,
    batch: &mut Batch,
    job: Job,
    subject: Uuid,
    due_at: OffsetDateTime,
) {
    set_with(tx, batch, (job, subject), due_at, serde_json::json!({}));
}

/// The same with what else the job needs.
pub(crate) fn set_with(
    tx: &WriteTx,
    batch: &mut Batch,
    (job, subject): (Job, Uuid),
    due_at: OffsetDateTime,
    payload: serde_json::Value,
) {
    batch.add(&timer::Model {
        id: tx.id(),
        due_at,
        kind: job.name().to_owned(),
        subject_id: subject,
        payload,
        attempts: 0,
        last_error: None,
        created_at: tx.now(),
    });
}

/// Runs what is due, one transaction each, and says how many ran. Several nodes may do so at once:
/// a timer that one node holds is skipped by the others.
pub async fn run_due(store: &Store) -> Result<usize> {
    let mut ran = 0;
    let mut failed: Vec<Uuid> = Vec::new();
    loop {
        match run_next(store, &failed).await? {
            Outcome::Nothing => return Ok(ran),
            Outcome::Ran => ran += 1,
            Outcome::Failed(id) => failed.push(id),
        }
    }
}

enum Outcome {
    Nothing,
    Ran,
    Failed(Uuid),
}

async fn run_next(store: &Store, failed: &[Uuid]) -> Result<Outcome> {
    let claimed = &std::sync::Mutex::new(None);
    let result = store
        .write(|tx| async move {
            let skip_locked = if tx.is_postgres() { " for update skip locked" } else { "" };
            let query = sql("select * from timers where due_at <= ? order by due_at, id limit 1")
                .bind(tx.now())
                .add(skip_locked);
            let Some(timer) = tx.first::<timer::Model>(query).await? else { return Ok(false) };
            if let Ok(mut claimed) = claimed.lock() {
                *claimed = Some((timer.id, timer.attempts));
            }
            tx.run(sql("delete from timers where id = ?").bind(timer.id)).await?;
            let actor = Actor::system();
            match Job::named(&timer.kind) {
                Some(Job::ExpireReservation) => {
                    crate::stock::reserve::expire(&tx, &actor, timer.subject_id).await?;
                }
                Some(Job::ExpireUnpaidOrder) => {
                    crate::orders::expire::expire_unpaid(&tx, &actor, timer.subject_id).await?;
                }
                Some(Job::ServeBackorders) => {
                    let (variant, payload) = (timer.subject_id, &timer.payload);
                    crate::orders::backorders::serve_behind(&tx, &actor, variant, payload).await?;
                }
                Some(Job::ReviewOrder) => {
                    crate::orders::review::review(&tx, &actor, timer.subject_id).await?;
                }
                Some(Job::PromiseAgain) => {
                    let variant = timer.subject_id;
                    crate::orders::receipts::promise_again(&tx, &actor, variant).await?;
                }
                Some(Job::OverduePurchaseOrder) => {
                    crate::purchasing::overdue::overdue(&tx, &actor, timer.subject_id).await?;
                }
                Some(Job::OverdueTransfer) => {
                    crate::transfers::overdue::overdue(&tx, &actor, timer.subject_id).await?;
                }
                Some(Job::DisputeDue) => {
                    crate::disputes::due::due(&tx, &actor, timer.subject_id).await?;
                }
                Some(Job::ExpireCredit) => {
                    crate::credit::expire::expire(&tx, &actor, timer.subject_id).await?;
                }
                Some(Job::MatchBank) => {
                    crate::bank::work::match_again(&tx, &actor, timer.subject_id).await?;
                }
                Some(Job::ExpireReturn) => {
                    crate::returns::decide::expire(&tx, &actor, timer.subject_id).await?;
                }
                Some(Job::CloseCase) => {
                    crate::cases::resolve::close(&tx, &actor, timer.subject_id).await?;
                }
                Some(Job::StrikeTask) => {
                    crate::procedures::run::strike(&tx, timer.subject_id).await?;
                }
                Some(Job::RecountTasks) => {
                    let (location, payload) = (timer.subject_id, &timer.payload);
                    crate::procedures::run::recount(&tx, location, payload).await?;
                }
                Some(Job::EndQuarter) => {
                    crate::procedures::quarter::end(&tx, &actor, timer.subject_id).await?;
                }
                None => return Err(Error::Internal(format!("unknown timer {}", timer.kind))),
            }
            Ok(true)
        })
        .await;
    let error = match result {
        Ok(true) => return Ok(Outcome::Ran),
        Ok(false) => return Ok(Outcome::Nothing),
        Err(error) => error,
    };
    let claimed = claimed.lock().ok().and_then(|claimed| *claimed);
    let Some((id, attempts)) = claimed else { return Err(error) };
    if failed.contains(&id) {
        return Err(error);
    }
    tracing::error!(timer = %id, %error, "a timer failed");
    put_off(store, id, attempts, &error).await?;
    Ok(Outcome::Failed(id))
}

/// A timer that failed waits: a minute, then twice as long each time, up to an hour.
async fn put_off(store: &Store, id: Uuid, attempts: i32, error: &Error) -> Result<()> {
    let minutes = (1_i64 << attempts.clamp(0, 6)).min(60);
    let text = error.to_string();
    store
        .write(|tx| {
            let due_at = tx.now() + Duration::minutes(minutes);
            let query = sql("update timers set due_at = ?, attempts = attempts + 1, last_error = ?
                 where id = ?")
            .bind(due_at)
            .bind(text.clone())
            .bind(id);
            async move { tx.run(query).await.map(|_| ()) }
        })
        .await
}
