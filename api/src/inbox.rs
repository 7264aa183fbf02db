//! A folder whose files are imported by themselves: settlement files of providers and bank statements.
//!
//! A folder in it says what its files are: `stripe.STRIPE_ITEMIZED` holds files of the provider `stripe`, `bank.CAMT053`
//! bank statements. A file counts once its size rests from one look to the next. It is moved to `working` before it is
//! read, so that of several nodes one reads it, and then to `done`, or to `refused` with the reasons in a text beside it.

use entities::enums::{BankFormat, SettlementFormat};
use operations::bank::import::{self as bank, ImportStatements};
use operations::idempotency::Call;
use operations::settlements::import::{self as settlements, ImportSettlement, Source};
use operations::{Actor, Error, Store};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::fs;

/// How often the folder is looked at.
const INTERVAL: Duration = Duration::from_secs(2);
/// A file that has been worked on for so long belongs to a node that is gone.
const GONE: Duration = Duration::from_hours(1);

/// Looks at the folder until the task ends.
pub(crate) async fn watch(store: Store, folder: PathBuf) {
    let mut inbox = Inbox::new(store, folder);
    loop {
        if let Err(error) = inbox.look().await {
            tracing::error!(folder = %inbox.folder.display(), %error, "the inbox cannot be read");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// What the files of a folder are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Settlement(String, SettlementFormat),
    Bank(BankFormat),
}

impl Content {
    /// `stripe.STRIPE_ITEMIZED`, or `bank.CAMT053`.
    fn of(name: &str) -> Option<Self> {
        let (who, format) = name.rsplit_once('.')?;
        let format = format.to_ascii_uppercase();
        let named = |value: &'static str| value == format;
        if who.eq_ignore_ascii_case("bank") {
            let all = [
                ("CAMT053", BankFormat::Camt053),
                ("MT940", BankFormat::Mt940),
                ("BAI2", BankFormat::Bai2),
                ("GENERIC_CSV", BankFormat::GenericCsv),
            ];
            return all
                .into_iter()
                .find(|(name, _)| named(name))
                .map(|(_, format)| Self::Bank(format));
        }
        let all = [
            ("ADYEN_SETTLEMENT_DETAILS", SettlementFormat::AdyenSettlementDetails),
            ("STRIPE_ITEMIZED", SettlementFormat::StripeItemized),
            ("PAYPAL_STL", SettlementFormat::PaypalStl),
            ("MOLLIE_SETTLEMENT", SettlementFormat::MollieSettlement),
            ("GENERIC_CSV", SettlementFormat::GenericCsv),
        ];
        let found = all.into_iter().find(|(name, _)| named(name));
        found.map(|(_, format)| Self::Settlement(who.to_owned(), format))
    }
}

/// The folder, and how large its files were when it was last looked at.
pub struct Inbox {
    store: Store,
    folder: PathBuf,
    sizes: HashMap<PathBuf, u64>,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Inbox {
    /// A folder that was not looked at yet.
    pub fn new(store: Store, folder: PathBuf) -> Self {
        Self { store, folder, sizes: HashMap::new() }
    }

    /// Imports what has come and rests, and says how many files that were.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be read or written.
    pub async fn look(&mut self) -> std::io::Result<usize> {
        self.fetch_back().await?;
        let mut sizes = HashMap::new();
        let mut resting = Vec::new();
        let mut folders = fs::read_dir(&self.folder).await?;
        while let Some(folder) = folders.next_entry().await? {
            let name = folder.file_name().to_string_lossy().into_owned();
            let Some(content) = Content::of(&name) else { continue };
            if !folder.file_type().await?.is_dir() {
                continue;
            }
            let mut files = fs::read_dir(folder.path()).await?;
            while let Some(file) = files.next_entry().await? {
                let hidden = file.file_name().to_string_lossy().starts_with('.');
                let Ok(known) = file.metadata().await else { continue };
                if hidden || !known.is_file() {
                    continue;
                }
                if self.sizes.get(&file.path()) == Some(&known.len()) {
                    resting.push((file.path(), content.clone()));
                } else {
                    sizes.insert(file.path(), known.len());
                }
            }
        }
        self.sizes = sizes;
        resting.sort_by(|a, b| a.0.cmp(&b.0));
        let mut imported = 0;
        for (path, content) in resting {
            imported += usize::from(self.take(&path, &content).await?);
        }
        Ok(imported)
    }

    fn now(&self) -> SystemTime {
        self.store.clock().now().into()
    }

    /// Files that a node took and did not bring to an end are there again.
    async fn fetch_back(&self) -> std::io::Result<()> {
        let Ok(mut files) = fs::read_dir(self.folder.join("working")).await else { return Ok(()) };
        while let Some(file) = files.next_entry().await? {
            let age = file.metadata().await.and_then(|known| known.modified());
            let age = age.ok().and_then(|at| self.now().duration_since(at).ok());
            let name = file.file_name().to_string_lossy().into_owned();
            let Some((folder, name)) = name.split_once("--") else { continue };
            if age.is_some_and(|age| age > GONE) {
                fs::rename(file.path(), self.folder.join(folder).join(name)).await?;
            }
        }
        Ok(())
    }

    /// Reads one file; false where another node has it.
    async fn take(&self, path: &Path, content: &Content) -> std::io::Result<bool> {
        let (Some(name), Some(folder)) =
            (path.file_name(), path.parent().and_then(Path::file_name))
        else {
            return Ok(false);
        };
        let working = self.folder.join("working");
        fs::create_dir_all(&working).await?;
        let mut taken = OsString::from(folder);
        taken.push("--");
        taken.push(name);
        let taken = working.join(taken);
        if fs::rename(path, &taken).await.is_err() {
            return Ok(false);
        }
        // From now on it is this node's.
        let file = std::fs::File::open(&taken)?;
        file.set_modified(self.now()).ok();
        let name_of = name.to_string_lossy().into_owned();
        match bring_in(&self.store, Source::File(file), name_of, content).await {
            Ok(()) => {
                self.put(&taken, "done", folder, name).await?;
            }
            Err(error @ (Error::Unavailable(_) | Error::Contended | Error::Database(_))) => {
                tracing::error!(file = %path.display(), %error, "a file cannot be read now");
                fs::rename(&taken, path).await?;
                return Ok(false);
            }
            Err(error) => {
                let kept = self.put(&taken, "refused", folder, name).await?;
                let mut reasons = OsString::from(kept);
                reasons.push(".reason.txt");
                fs::write(PathBuf::from(reasons), said(&error)).await?;
                tracing::warn!(file = %path.display(), "a file of the inbox was refused");
            }
        }
        Ok(true)
    }

    /// Moves a file to where it stays, beside others of its name.
    async fn put(
        &self,
        from: &Path,
        place: &str,
        folder: &std::ffi::OsStr,
        name: &std::ffi::OsStr,
    ) -> std::io::Result<PathBuf> {
        let target = self.folder.join(place).join(folder);
        fs::create_dir_all(&target).await?;
        let mut free = target.join(name);
        let mut count = 1;
        while fs::try_exists(&free).await? {
            count += 1;
            let mut other = OsString::from(format!("{count}-"));
            other.push(name);
            free = target.join(other);
        }
        fs::rename(from, &free).await?;
        Ok(free)
    }
}

/// Imports a file as the folder says in which it lies: `bank.MT940/2026-01.sta`.
pub(crate) async fn import(store: &Store, name: &str, content: Vec<u8>) -> operations::Result<()> {
    let (folder, file) = name.split_once('/').unwrap_or((name, name));
    let Some(kind) = Content::of(folder) else {
        return Err(Error::Internal(format!("{folder} says nothing of its files")));
    };
    let text = String::from_utf8_lossy(&content).into_owned();
    bring_in(store, Source::Text(text), file.to_owned(), &kind).await
}

async fn bring_in(
    store: &Store,
    source: Source,
    name: String,
    content: &Content,
) -> operations::Result<()> {
    let actor = Actor::system();
    let call = Call::by(&actor);
    match content {
        Content::Settlement(provider, format) => {
            let command = ImportSettlement {
                provider: provider.clone(),
                format: *format,
                file_name: Some(name),
                partial: false,
            };
            settlements::import(store, call, &command, source).await?;
        }
        Content::Bank(format) => {
            bank::import(store, call, &ImportStatements { format: *format }, source).await?;
        }
    }
    Ok(())
}

/// Why a file was refused, a line for each reason.
fn said(error: &Error) -> String {
    let Error::Refused(refusals) = error else { return format!("{error}\n") };
    refusals.iter().flat_map(|refusal| [refusal.message.as_str(), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_says_what_its_files_are() {
        let of = |name: &str| Content::of(name);
        let stripe = SettlementFormat::StripeItemized;
        assert_eq!(
            of("stripe.stripe_itemized"),
            Some(Content::Settlement("stripe".into(), stripe))
        );
        assert_eq!(of("bank.MT940"), Some(Content::Bank(BankFormat::Mt940)));
        for other in ["done", "refused", "working", "stripe", "bank.PAYPAL_STL", "x.CAMT053"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
