//! Relay connections over keyset pages; `totalCount` is computed only when it is selected.

use crate::context::Ask;
use crate::errors::Failure;
use crate::loaders::Scope;
use async_graphql::{Context, SimpleObject};
use futures::FutureExt;
use futures::future::BoxFuture;
use operations::page::Rows;

/// Where a page stands in its list.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct PageInfo {
    /// Whether rows follow this page.
    pub(crate) has_next_page: bool,
    /// Whether rows come before it: when paging forward, whether it began behind a cursor.
    pub(crate) has_previous_page: bool,
    /// The cursor of the first row; null on an empty page.
    pub(crate) start_cursor: Option<String>,
    /// The cursor of the last row; null on an empty page.
    pub(crate) end_cursor: Option<String>,
}

impl PageInfo {
    pub(crate) fn of<T>(rows: &Rows<T>) -> Self {
        Self {
            has_next_page: rows.has_next_page,
            has_previous_page: rows.has_previous_page,
            start_cursor: rows.rows.first().map(|(cursor, _)| cursor.clone()),
            end_cursor: rows.rows.last().map(|(cursor, _)| cursor.clone()),
        }
    }
}

/// Counts the whole list.
pub(crate) type Count =
    Box<dyn Fn() -> BoxFuture<'static, Result<i64, Failure>> + Send + Sync + 'static>;

/// Counts with the store and the asker of the request, when it is asked to.
pub(crate) fn counted<F, Fut>(ctx: &Context<'_>, count: F) -> Count
where
    F: Fn(Scope) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = operations::Result<i64>> + Send + 'static,
{
    let scope = ctx.scope().clone();
    Box::new(move || {
        let counting = count(scope.clone());
        async move { counting.await.map_err(Failure::from) }.boxed()
    })
}

/// Makes the connection and edge types of a node type.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ident, $what:literal) => {
        #[doc = concat!("A page of ", $what, ".")]
        pub(crate) struct $connection {
            rows: operations::page::Rows<$node>,
            count: $crate::paging::Count,
        }

        impl $connection {
            pub(crate) fn new(
                rows: operations::page::Rows<$node>,
                count: $crate::paging::Count,
            ) -> Self {
                Self { rows, count }
            }
        }

        #[doc = concat!("A page of ", $what, ".")]
        #[async_graphql::Object]
        impl $connection {
            /// The rows with their cursors.
            async fn edges(&self) -> Vec<$edge> {
                let edge = |(cursor, node): &(String, $node)| $edge {
                    cursor: cursor.clone(),
                    node: node.clone(),
                };
                self.rows.rows.iter().map(edge).collect()
            }

            /// The rows alone.
            async fn nodes(&self) -> Vec<$node> {
                self.rows.rows.iter().map(|(_, node)| node.clone()).collect()
            }

            /// Where the page stands in the list.
            async fn page_info(&self) -> $crate::paging::PageInfo {
                $crate::paging::PageInfo::of(&self.rows)
            }

            /// Rows in the whole list, counted only because it is selected.
            async fn total_count(&self) -> Result<i32, $crate::errors::Failure> {
                (self.count)().await.map($crate::scalars::int)
            }
        }

        #[doc = concat!("One of ", $what, " with its place in the list.")]
        #[derive(async_graphql::SimpleObject)]
        pub(crate) struct $edge {
            /// Its place in the list, for `after` and `before`; opaque.
            cursor: String,
            /// The row.
            node: $node,
        }
    };
}
pub(crate) use connection;

/// The four arguments of every connection.
pub(crate) fn page_args(
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> operations::page::PageArgs {
    operations::page::PageArgs { first, after, last, before }
}
