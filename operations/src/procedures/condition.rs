//! What has to hold of what an event is about for a procedure to start.

use super::sql;
use crate::customers;
use crate::customers::list::CustomerFilter;
use crate::error::{Faults, RefusalCode, Result};
use crate::orders::list::{self as orders, OrderFilter};
use crate::store::Db;
use entities::enums::{
    CaseKind, CasePriority, ReconciliationExceptionKind, ReturnKind, ReturnReason,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use uuid::Uuid;

/// All that is given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Of its order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderFilter>,
    /// It is a return of one of these kinds.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub return_kinds: Option<Vec<ReturnKind>>,
    /// It is a return with a line for one of these reasons.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub return_reasons: Option<Vec<ReturnReason>>,
    /// It is a case of one of these kinds.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub case_kinds: Option<Vec<CaseKind>>,
    /// It is a case as urgent as these.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub case_priorities: Option<Vec<CasePriority>>,
    /// It is a difference of one of these kinds.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub exception_kinds: Option<Vec<ReconciliationExceptionKind>>,
    /// It is a difference of so much at least, in its own currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception_min: Option<Decimal>,
    /// And of so much at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception_max: Option<Decimal>,
    /// Of its customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerFilter>,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) kind: &'static str,
    pub(crate) id: Uuid,
    pub(crate) order: Option<Uuid>,
    pub(crate) customer: Option<Uuid>,
}

impl Condition {
    /// Checks what needs no database.
    pub(super) fn check(&self, faults: &mut Faults, (field, trigger): (&str, &str)) {
        let at = |name: &str| format!("{field}.{name}");
        for (name, given, start) in [
            ("returnKinds", self.return_kinds.is_some(), "return."),
            ("returnReasons", self.return_reasons.is_some(), "return."),
            ("caseKinds", self.case_kinds.is_some(), "case."),
            ("casePriorities", self.case_priorities.is_some(), "case."),
            ("exceptionKinds", self.exception_kinds.is_some(), "reconciliation."),
            ("exceptionAmount", self.has_amount(), "reconciliation."),
        ] {
            if given && !trigger.starts_with(start) {
                let message = format!("never holds: {trigger} is about something else");
                faults.add(RefusalCode::Invalid, &at(name), message);
            }
        }
        if let Some(filter) = &self.customer {
            filter.check(faults, &at("customer"));
        }
    }

    fn has_amount(&self) -> bool {
        self.exception_min.is_some() || self.exception_max.is_some()
    }

    /// Of which of these it holds, as they are now.
    pub(crate) async fn holds(&self, db: &Db, subjects: &[Subject]) -> Result<Vec<bool>> {
        let mut held = vec![true; subjects.len()];
        if let Some(filter) = &self.order {
            let ids = some(subjects.iter().filter_map(|one| one.order));
            let found = orders::fitting(db, filter, &ids).await?;
            narrow(&mut held, subjects, &found, |one| one.order);
        }
        if let Some(filter) = &self.customer {
            let ids = some(subjects.iter().filter_map(|one| one.customer));
            let found = customers::list::fitting(db, filter, &ids).await?;
            narrow(&mut held, subjects, &found, |one| one.customer);
        }
        let of =
            |kind: &'static str| move |one: &Subject| Some(one.id).filter(|_| one.kind == kind);
        if self.return_kinds.is_some() || self.return_reasons.is_some() {
            let ids = some(subjects.iter().filter_map(of("ret")));
            let kinds = (self.return_kinds.as_deref(), self.return_reasons.as_deref());
            narrow(&mut held, subjects, &sql::returns(db, &ids, kinds).await?, of("ret"));
        }
        if self.case_kinds.is_some() || self.case_priorities.is_some() {
            let ids = some(subjects.iter().filter_map(of("cas")));
            let kinds = (self.case_kinds.as_deref(), self.case_priorities.as_deref());
            narrow(&mut held, subjects, &sql::cases(db, &ids, kinds).await?, of("cas"));
        }
        if self.exception_kinds.is_some() || self.has_amount() {
            let ids = some(subjects.iter().filter_map(of("rex")));
            let range = (self.exception_min, self.exception_max);
            let found = sql::exceptions(db, &ids, self.exception_kinds.as_deref(), range).await?;
            narrow(&mut held, subjects, &found, of("rex"));
        }
        Ok(held)
    }
}

fn some(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn narrow(
    held: &mut [bool],
    subjects: &[Subject],
    found: &[Uuid],
    id: impl Fn(&Subject) -> Option<Uuid>,
) {
    let found: HashSet<Uuid> = found.iter().copied().collect();
    for (held, one) in held.iter_mut().zip(subjects) {
        *held &= id(one).is_some_and(|id| found.contains(&id));
    }
}
