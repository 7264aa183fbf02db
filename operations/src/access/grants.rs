//! What an actor may hand on: no right, no reach and no limit beyond its own.

use super::read::{reach_of, role_permissions};
use super::sql;
use crate::actor::{Actor, Reach};
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Faults, Refusal, RefusalCode, Result};
use crate::permissions::{Permission, Permissions};
use crate::store::WriteTx;
use entities::{api_token, role, user};
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

/// What a holder of a role may grant alone; none for no limit. In the legal entity's base currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct GrantLimits {
    /// The largest refund.
    pub refund: Option<Decimal>,
    /// Goodwill in a case.
    pub goodwill_per_case: Option<Decimal>,
    /// Goodwill for a customer in 90 days.
    pub goodwill_per_customer: Option<Decimal>,
}

impl GrantLimits {
    /// Those of a role's row.
    pub fn of_role(role: &role::Model) -> Self {
        Self::of([
            &role.refund_limit,
            &role.goodwill_per_case_limit,
            &role.goodwill_per_customer_limit,
        ])
    }

    /// Those of a token's row.
    pub(crate) fn of_token(token: &api_token::Model) -> Self {
        Self::of([
            &token.refund_limit,
            &token.goodwill_per_case_limit,
            &token.goodwill_per_customer_limit,
        ])
    }

    /// From three columns. A number that cannot be read allows nothing.
    fn of([refund, per_case, per_customer]: [&Option<String>; 3]) -> Self {
        let number = |text: &Option<String>| {
            text.as_deref().map(|text| text.parse().unwrap_or(Decimal::ZERO))
        };
        Self {
            refund: number(refund),
            goodwill_per_case: number(per_case),
            goodwill_per_customer: number(per_customer),
        }
    }

    /// As three columns hold them.
    pub(super) fn columns(self) -> [Option<String>; 3] {
        [self.refund, self.goodwill_per_case, self.goodwill_per_customer]
            .map(|limit| limit.map(|limit| limit.normalize().to_string()))
    }

    /// The limits of who holds these roles: the most generous of those that let them give money back.
    pub(super) fn of_roles<'a>(roles: impl IntoIterator<Item = &'a role::Model>) -> Self {
        roles
            .into_iter()
            .filter(|role| role_permissions(role).has(Permission::RefundsWrite))
            .map(Self::of_role)
            .fold(Self::NOTHING, Self::or)
    }

    const NOTHING: Self = Self {
        refund: Some(Decimal::ZERO),
        goodwill_per_case: Some(Decimal::ZERO),
        goodwill_per_customer: Some(Decimal::ZERO),
    };

    /// The more generous of two, each by itself.
    fn or(self, other: Self) -> Self {
        let most = |a: Option<Decimal>, b: Option<Decimal>| a.zip(b).map(|(a, b)| a.max(b));
        Self {
            refund: most(self.refund, other.refund),
            goodwill_per_case: most(self.goodwill_per_case, other.goodwill_per_case),
            goodwill_per_customer: most(self.goodwill_per_customer, other.goodwill_per_customer),
        }
    }

    /// Which of these limits the other is within, and which it is not, by the name of its field.
    fn exceeded_by(self, other: Self) -> Option<&'static str> {
        let beyond = |own: Option<Decimal>, wanted: Option<Decimal>| match (own, wanted) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(own), Some(wanted)) => wanted > own,
        };
        [
            ("refundLimit", beyond(self.refund, other.refund)),
            ("goodwillPerCaseLimit", beyond(self.goodwill_per_case, other.goodwill_per_case)),
            (
                "goodwillPerCustomerLimit",
                beyond(self.goodwill_per_customer, other.goodwill_per_customer),
            ),
        ]
        .into_iter()
        .find_map(|(name, beyond)| beyond.then_some(name))
    }
}

/// Who hands on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Granter<'a>(pub(crate) &'a Actor);

impl Granter<'_> {
    /// Why the actor may not hand on these rights, if it may not: the field, and a sentence.
    pub(super) fn lacks(
        self,
        permissions: Permissions,
        limits: GrantLimits,
    ) -> Option<(&'static str, String)> {
        if let Some(lacking) = permissions.iter().find(|permission| !self.0.may(*permission)) {
            return Some(("permissions", format!("you lack {} yourself", lacking.name())));
        }
        if !permissions.has(Permission::RefundsWrite) {
            return None;
        }
        let field = self.0.limits.exceeded_by(limits)?;
        Some((field, format!("is more than your own {field}")))
    }

    /// Whether another actor can do and reach no more.
    pub(crate) fn covers_actor(self, other: &Actor) -> bool {
        self.0.reach.covers(&other.reach) && self.lacks(other.permissions, other.limits).is_none()
    }

    /// Notes a fault where a role can do more than the actor.
    pub(super) fn check_role(self, faults: &mut Faults, field: &str, role: &role::Model) {
        if let Some((_, why)) = self.lacks(role_permissions(role), GrantLimits::of_role(role)) {
            let message = format!("`{}` may do more than you: {why}", role.name);
            faults.add(RefusalCode::PolicyViolation, field, message);
        }
    }

    /// Whether a user can do and reach no more than the actor.
    pub(super) fn covers(self, user: &user::Model, roles: &[role::Model]) -> bool {
        let reach = reach_of(user.reach_channels.as_ref(), user.reach_locations.as_ref());
        let stronger =
            |role| self.lacks(role_permissions(role), GrantLimits::of_role(role)).is_some();
        self.0.reach.covers(&reach) && !roles.iter().any(stronger)
    }
}

/// The roles of ids; notes those that are missing or stronger than the actor.
pub(super) async fn check_roles(
    tx: &WriteTx,
    granter: Granter<'_>,
    faults: &mut Faults,
    ids: &[Uuid],
) -> Result<Vec<role::Model>> {
    let roles = sql::roles(tx, ids).await?;
    for (index, id) in ids.iter().enumerate() {
        let field = format!("roleIds.{index}");
        match roles.iter().find(|role| role.id == *id) {
            None => faults.push(checks::not_found(&field, "role")),
            Some(_) if ids.iter().take(index).any(|earlier| earlier == id) => {
                faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
            }
            Some(role) => granter.check_role(faults, &field, role),
        }
    }
    Ok(roles)
}

/// A reach that the actor may hand on; notes what is beyond its own. Whoever is restricted hands on
/// their own restriction where they name none.
pub(super) async fn check_reach(
    tx: &WriteTx,
    actor: &Actor,
    faults: &mut Faults,
    wanted: &Reach,
) -> Result<Reach> {
    let own = &actor.reach;
    let channels = wanted.channels.as_deref().unwrap_or_default();
    let known = catalog::channels(tx, channels).await?;
    for (index, id) in channels.iter().enumerate() {
        if !own.has_channel(*id) || !known.iter().any(|row| row.id == *id) {
            faults.push(checks::not_found(&format!("reach.channelIds.{index}"), "channel"));
        }
    }
    let locations = wanted.locations.as_deref().unwrap_or_default();
    let known = catalog::locations(tx, locations).await?;
    for (index, id) in locations.iter().enumerate() {
        if !own.has_location(*id) || !known.iter().any(|row| row.id == *id) {
            faults.push(checks::not_found(&format!("reach.locationIds.{index}"), "location"));
        }
    }
    Ok(Reach {
        channels: wanted.channels.clone().or_else(|| own.channels.clone()),
        locations: wanted.locations.clone().or_else(|| own.locations.clone()),
    })
}

/// The shortest password.
pub const MIN_PASSWORD: usize = 12;
/// The longest one.
const MAX_PASSWORD: usize = 200;

/// A password of a fair length.
pub(super) fn check_password(faults: &mut Faults, field: &str, password: &str) {
    let length = password.chars().count();
    if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&length) {
        let message = format!("has {MIN_PASSWORD} to {MAX_PASSWORD} characters");
        faults.push(Refusal::new(RefusalCode::Invalid, field, message));
    }
}
