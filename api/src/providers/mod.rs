//! Providers that are spoken to over HTTP, and what they tell by themselves.

pub(crate) mod hooks;
pub mod stripe;

use crate::server::AppOptions;
use operations::providers::sandbox::Sandbox;
use operations::providers::{Connector, Desk};
use operations::{Result, Store};
use std::sync::Arc;
use std::time::Duration;
use stripe::Stripe;

/// How often to look for what is due where nothing was heard.
const IDLE: Duration = Duration::from_secs(1);

/// A desk that speaks to every provider that is configured.
pub fn desk(store: Store, options: &AppOptions) -> Result<Desk> {
    let mut connectors: Vec<Arc<dyn Connector>> = vec![Arc::new(Sandbox)];
    if let Some(stripe) = &options.stripe {
        connectors.push(Arc::new(Stripe::new(stripe.clone())?));
    }
    Ok(Desk::new(store, connectors))
}

/// Asks what is due until `stop` ends; calls under way are finished.
pub(crate) async fn run(store: Store, desk: Desk, stop: impl Future<Output = ()> + Send) {
    let mut stop = std::pin::pin!(stop);
    let mut news = store.news();
    loop {
        if let Err(error) = desk.run_due().await {
            tracing::error!(%error, "providers cannot be asked");
            tokio::time::sleep(IDLE).await;
        }
        tokio::select! {
            () = tokio::time::sleep(IDLE) => {}
            Ok(()) = news.changed() => {}
            () = &mut stop => return,
        }
    }
}
