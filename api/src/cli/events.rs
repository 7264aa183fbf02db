//! `aftercart events`.

use super::{Outcome, print};
use std::process::ExitCode;

#[expect(clippy::unnecessary_wraps, reason = "every command answers the same way")]
pub(super) fn run() -> Outcome {
    print(crate::event_page().trim_end());
    Ok(ExitCode::SUCCESS)
}
