//! `aftercart migrate`.

use super::{Outcome, configure, connect, print};
use std::process::ExitCode;

pub(super) async fn run() -> Outcome {
    let config = configure()?;
    let store = connect(&config).await?;
    store.migrate().await?;
    store.close().await;
    print("the schema is up to date");
    Ok(ExitCode::SUCCESS)
}
