//! What a resolver finds in its context.

use crate::errors::Failure;
use crate::loaders::{Loaders, Scope};
use async_graphql::Context;
use operations::{Actor, Call, Read, Store};

/// Short ways to what every resolver needs.
pub(crate) trait Ask<'a> {
    /// The loaders of this request.
    fn loaders(&self) -> &'a Loaders;
    /// The store and who asks.
    fn scope(&self) -> &'a Scope;
    /// The store.
    fn store(&self) -> &'a Store;
    /// A handle for queries.
    fn read(&self) -> Read;
    /// Who asks; fails where nobody is signed in.
    fn actor(&self) -> operations::Result<&'a Actor>;
    /// Whether the asker has a permission; nobody has none.
    fn may(&self, permission: operations::permissions::Permission) -> bool;
    /// A call under the client's key.
    fn call<'k>(&self, key: Option<&'k String>) -> operations::Result<Call<'k>>
    where
        'a: 'k;
}

impl<'a> Ask<'a> for Context<'a> {
    fn loaders(&self) -> &'a Loaders {
        self.data_unchecked::<Loaders>()
    }

    fn scope(&self) -> &'a Scope {
        &self.loaders().scope
    }

    fn store(&self) -> &'a Store {
        &self.scope().store
    }

    fn read(&self) -> Read {
        self.store().read()
    }

    fn actor(&self) -> operations::Result<&'a Actor> {
        self.scope().actor()
    }

    fn may(&self, permission: operations::permissions::Permission) -> bool {
        self.scope().actor.as_ref().is_some_and(|actor| actor.may(permission))
    }

    fn call<'k>(&self, key: Option<&'k String>) -> operations::Result<Call<'k>>
    where
        'a: 'k,
    {
        Ok(Call { actor: self.actor()?, key: key.map(String::as_str) })
    }
}

/// A row that a foreign key says is there.
pub(crate) fn present<T>(row: Option<T>) -> Result<T, Failure> {
    row.ok_or_else(|| operations::Error::Internal("a row that is named is gone".into()).into())
}
