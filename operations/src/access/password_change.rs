//! `passwordChange`: a user sets their own password anew.

use super::grants::check_password;
use super::{sql, throttle};
use crate::actor::Actor;
use crate::audit::{self, Remark};
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::run;
use crate::secrets;
use crate::store::{Batch, Store};
use entities::enums::ActorKind;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Changes the password of the user who asks, ends all their other sessions, and answers with the user's
/// id. Guessing the current password is slowed as guessing at the sign-in is.
pub async fn password_change(
    store: &Store,
    actor: &Actor,
    current: &str,
    new: &str,
) -> Result<Uuid> {
    let (ActorKind::User, Some(id)) = (actor.kind, actor.id) else {
        return Err(Error::Unauthenticated("a token has no password: sign in as a user"));
    };
    let mut faults = Faults::default();
    check_password(&mut faults, "newPassword", new);
    if new == current {
        faults.add(RefusalCode::Invalid, "newPassword", "is the current one");
    }
    faults.check()?;
    let user = sql::users(&store.read(), &[id]).await?.pop();
    let user = user.ok_or_else(|| Error::Internal("the user who asks is gone".into()))?;
    let tries = throttle::Tries::of(&user.email_key, actor.address.as_deref());
    tries.admit(store).await?;
    let old_hash = user.password_hash.clone();
    if !secrets::verify_password(current.to_owned(), old_hash.clone()).await? {
        tries.failed(store).await?;
        let remark = Remark::by(actor, "passwordChange", "UNAUTHENTICATED");
        audit::write(store, &[Remark { subject: Some(("usr", id)), ..remark }]).await?;
        let mut faults = Faults::default();
        faults.add(RefusalCode::Invalid, "currentPassword", "is wrong");
        return Err(Error::Refused(faults.into_vec()));
    }
    let hash = secrets::hash_password(new.to_owned()).await?;
    let (hash, old_hash, tries) = (&hash, &old_hash, &tries);
    run(store, actor, "passwordChange", |tx| async move {
        let now = sql::lock_user(&tx, id).await?;
        if now.and_then(|row| row.password_hash) != *old_hash {
            // Somebody changed it while this one was being checked.
            let mut faults = Faults::default();
            faults.add(RefusalCode::StateConflict, "currentPassword", "was changed meanwhile");
            return Err(Error::Refused(faults.into_vec()));
        }
        sql::set_password_of(&tx, id, hash).await?;
        sql::end_sessions(&tx, id, actor.session).await?;
        tries.passed(&tx).await?;
        let mut batch = Batch::default();
        let event = NewEvent::new(events::PASSWORD_CHANGED, ("usr", id), json!({}));
        audit::record(&tx, actor, &mut batch, Some(event.subject), &Json::Null);
        events::record(&tx, actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(id)
    })
    .await
}
