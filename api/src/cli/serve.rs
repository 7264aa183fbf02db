//! `aftercart serve`.

use super::{Outcome, configure, open, options, print};
use crate::server::App;
use operations::procedures::defaults::built_in_procedures;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

pub(super) async fn run() -> Outcome {
    let config = configure()?;
    let store = open(&config).await?;
    let app = App::new(store.clone(), &options(&config, &store).await?).await?;
    built_in_procedures(&store).await?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        super::Fault::Failed(format!("AFTERCART_LISTEN: {}: {error}", config.listen))
    })?;
    print(&format!("aftercart listens on http://{}/graphql", listener.local_addr()?));
    app.serve(listener, stopped()).await;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Ends when the process is asked to stop.
pub(super) async fn stopped() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "SIGTERM cannot be caught");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = terminate => {}
        interrupted = tokio::signal::ctrl_c() => {
            if let Err(error) = interrupted {
                tracing::error!(%error, "SIGINT cannot be caught");
            }
        }
    }
    tracing::info!("stopping: requests under way are finished");
}
