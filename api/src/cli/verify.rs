//! `aftercart verify`.

use super::{Outcome, configure, open, print};
use operations::Actor;
use operations::integrity::verify;
use std::process::ExitCode;

pub(super) async fn run() -> Outcome {
    let config = configure()?;
    let store = open(&config).await?;
    // What commands wrote while no server ran is sealed now.
    while operations::chain::seal(&store).await? > 0 {}
    let report = verify(&store, &Actor::system()).await?;
    store.close().await;
    for check in &report.checks {
        let verdict = if check.violations == 0 {
            "ok".to_owned()
        } else {
            format!("{} OFF", check.violations)
        };
        print(&format!("{:32} {:>10} checked  {verdict}", check.name, check.rows_checked));
        for example in check.examples.iter().chain(&check.note) {
            print(&format!("    {example}"));
        }
    }
    Ok(if report.ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
