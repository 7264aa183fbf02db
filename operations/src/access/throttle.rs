//! Slows who guesses passwords: five failures are free, then each costs twice the wait of the one before.
//!
//! An account counts an attempt before it is checked, so that many at once gain nothing; an address,
//! which a whole office may share, counts those that failed.

use super::sql;
use crate::error::{Error, Result};
use crate::store::{Store, WriteTx};
use std::net::{IpAddr, Ipv6Addr};
use time::{Duration, OffsetDateTime};

/// Failures that cost nothing.
const FREE: i64 = 5;
/// Failures are forgotten after this time without another.
pub(super) const MEMORY: Duration = Duration::minutes(15);
/// An account waits at most this long: its owner is to get in again.
const ACCOUNT_WAIT: Duration = Duration::minutes(5);
/// An address waits at most this long: others are behind it.
const ADDRESS_WAIT: Duration = Duration::minutes(1);

/// Attempts at one account from one address.
#[derive(Debug)]
pub(super) struct Tries {
    account: String,
    address: Option<String>,
}

impl Tries {
    /// Of an address to sign in with, known or not, from a network address.
    pub(super) fn of(email_key: &str, address: Option<&str>) -> Self {
        Self {
            account: format!("account {}", crate::secrets::digest(email_key)),
            address: address.map(|address| format!("address {}", network(address))),
        }
    }

    /// Begins an attempt; refused while the account or the address waits.
    pub(super) async fn admit(&self, store: &Store) -> Result<()> {
        store
            .write(|tx| async move {
                sql::forget_old_failures(&tx).await?;
                let account = sql::hold_failures(&tx, &self.account).await?;
                let address = match &self.address {
                    Some(key) => sql::failures(&tx, key).await?,
                    None => None,
                };
                let waits = [(Some(account), ACCOUNT_WAIT), (address, ADDRESS_WAIT)];
                for (failed, ceiling) in waits {
                    let Some((failures, at)) = failed else { continue };
                    let left = wait(failures, ceiling) - (tx.now() - at);
                    if left.is_positive() {
                        let millis = u64::try_from(left.whole_milliseconds()).unwrap_or(0);
                        let whole = millis.div_ceil(1_000).max(1);
                        return Err(Error::TooMany(std::time::Duration::from_secs(whole)));
                    }
                }
                sql::count_failure(&tx, &self.account).await
            })
            .await
    }

    /// It failed: the account has counted it, the address does now.
    pub(super) async fn failed(&self, store: &Store) -> Result<()> {
        let Some(address) = &self.address else { return Ok(()) };
        store.write(|tx| async move { sql::count_failure(&tx, address).await }).await
    }

    /// It passed: what the account counted is forgotten.
    pub(super) async fn passed(&self, tx: &WriteTx) -> Result<()> {
        sql::forget_failures(tx, &self.account).await
    }
}

/// How long to wait behind a failure.
fn wait(failures: i64, ceiling: Duration) -> Duration {
    let doublings = u32::try_from((failures - FREE).min(20)).ok();
    doublings.map_or(Duration::ZERO, |doublings| Duration::seconds(1 << doublings).min(ceiling))
}

/// The network that one customer of a provider has: an IPv4 address, or the first 64 bits of an IPv6 one.
pub fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).to_string(),
        },
        Ok(IpAddr::V4(_)) | Err(_) => address.to_owned(),
    }
}

/// Failures and when the last of them was.
pub(super) type Failures = (i64, OffsetDateTime);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_are_free_and_then_the_wait_doubles() {
        let waits: Vec<i64> =
            (1..=16).map(|failures| wait(failures, ACCOUNT_WAIT).whole_seconds()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(wait(i64::MAX, ADDRESS_WAIT), ADDRESS_WAIT);
    }

    #[test]
    fn an_ipv6_customer_is_one_network() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
