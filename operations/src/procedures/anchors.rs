//! The moments of what tasks are about that their clocks are set by.

use super::sql;
use crate::error::Result;
use crate::store::Db;
use entities::enums::ClockAnchor;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// A moment, and what it is a moment of: the id prefix, the id, and the order of that.
pub(super) type Asked<'a> = (ClockAnchor, (&'a str, Uuid), Option<Uuid>);

/// Moments that are known.
#[derive(Debug, Default)]
pub(super) struct Anchors(HashMap<(ClockAnchor, Uuid), OffsetDateTime>);

/// What has the moment.
fn holder((anchor, (kind, id), order): Asked<'_>) -> Option<Uuid> {
    match anchor {
        ClockAnchor::ShipBy if kind == "ful" => Some(id),
        ClockAnchor::ShipBy | ClockAnchor::DeliverBy => order,
        ClockAnchor::AuthorizationExpiry | ClockAnchor::EvidenceDue | ClockAnchor::RefundDue => {
            Some(id)
        }
        ClockAnchor::Trigger => None,
    }
}

impl Anchors {
    /// Reads the moments that are asked for, a statement for each kind.
    pub(super) async fn load(db: &Db, asked: &[Asked<'_>]) -> Result<Self> {
        let mut wanted: HashMap<(ClockAnchor, &'static str), Vec<Uuid>> = HashMap::new();
        for one in asked {
            let (anchor, (kind, _), _) = *one;
            let column = match anchor {
                ClockAnchor::ShipBy if kind == "ful" => "ship_by from fulfillments",
                ClockAnchor::ShipBy => "ship_by from orders",
                ClockAnchor::DeliverBy => "promised_by from orders",
                ClockAnchor::AuthorizationExpiry => "authorization_expires_at from payments",
                ClockAnchor::EvidenceDue => "evidence_due_at from disputes",
                ClockAnchor::RefundDue => "refund_due_at from returns",
                ClockAnchor::Trigger => continue,
            };
            wanted.entry((anchor, column)).or_default().extend(holder(*one));
        }
        let mut found = HashMap::new();
        for ((anchor, column), mut ids) in wanted {
            ids.sort_unstable();
            ids.dedup();
            let moments = sql::moments(db, column, &ids).await?;
            found.extend(moments.into_iter().map(|(id, at)| ((anchor, id), at)));
        }
        Ok(Self(found))
    }

    /// The moment, where it is known.
    pub(super) fn of(&self, asked: Asked<'_>) -> Option<OffsetDateTime> {
        self.0.get(&(asked.0, holder(asked)?)).copied()
    }
}
