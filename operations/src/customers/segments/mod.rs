//! Segments: customers who fit a filter, counted, and told of when they come and go.

pub mod define;
pub(super) mod members;
pub mod read;
pub(super) mod sql;

use super::list::CustomerFilter;
use crate::error::{Error, Result};
use entities::segment;

/// Who belongs to a segment.
pub fn filter_of(row: &segment::Model) -> Result<CustomerFilter> {
    let unreadable =
        |error: serde_json::Error| Error::Internal(format!("segment {}: {error}", row.id));
    serde_json::from_value(row.filter.clone()).map_err(unreadable)
}
