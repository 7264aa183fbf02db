//! What is done with settlements.

use super::terms::{
    FeeAgreement, FeeAgreementsPayload, FeeAgreementsSetInput, ReconciliationTolerance,
    ReconciliationTolerancesPayload, ReconciliationTolerancesSetInput,
};
use super::types::{
    BankFormat, BankStatement, BankStatementsPayload, ExceptionPayload, Match, MatchPayload,
    ReconciliationException, ReconciliationResolution, SettlementFormat, SettlementReport,
    SettlementReportPayload,
};
use crate::context::Ask;
use crate::errors::{OrNull, answer};
use crate::ids::{Kind, decode, uuid};
use crate::scalars::Decimal;
use async_graphql::{Context, ID, InputObject, Object, Upload};
use operations::bank::import::{self as bank, ImportStatements};
use operations::error::{Error, Refusal, RefusalCode};
use operations::settlements::import::{self, ImportSettlement, Source};
use operations::settlements::matches::{
    CreateMatch, OneMatch, Target, match_confirm, match_create, match_undo,
};
use operations::settlements::resolve::{
    DecideException, ReopenException, ResolveException, exception_decide, exception_reopen,
    exception_resolve,
};
use operations::settlements::terms::{fee_agreements_set, reconciliation_tolerances_set};
use uuid::Uuid;

/// A file of a provider: exactly one of `file` and `content`. A refused file is `userErrors` with line numbers and no report;
/// one that is read on after the answer ends as a report in REFUSED. The same bytes again change nothing: the earlier
/// report comes back with `duplicate`. A row that cannot be read refuses the file, unless `partial`.
#[derive(InputObject)]
pub(crate) struct SettlementReportImportInput {
    /// The provider, as its payments name it.
    provider: String,
    /// How it is written.
    format: SettlementFormat,
    /// The file, up to 200 MB, sent as <https://github.com/jaydenseric/graphql-multipart-request-spec> has it.
    file: Option<Upload>,
    /// Or its text.
    content: Option<String>,
    /// Whether rows that cannot be read are left out and named in `faults`; a file that is cut off is refused all the same.
    partial: Option<bool>,
}

/// A file of a bank, as for settlement reports; it may hold several statements.
#[derive(InputObject)]
pub(crate) struct BankStatementImportInput {
    /// How it is written.
    format: BankFormat,
    /// The file, up to 200 MB.
    file: Option<Upload>,
    /// Or its text.
    content: Option<String>,
}

/// How much of what explains a line.
#[derive(Debug, InputObject)]
pub(crate) struct MatchTargetInput {
    /// A transaction, payout or invoice.
    target_id: ID,
    /// How much of it, above 0, in the currency of the line.
    amount: Decimal,
}

/// What explains a line: exactly one of the two lines, and 1 to 100 targets that sum to it.
#[derive(Debug, InputObject)]
pub(crate) struct MatchCreateInput {
    /// A line of a settlement: its targets are transactions.
    settlement_line_id: Option<ID>,
    /// An entry of a bank statement: its targets are payouts, invoices, or transactions that were paid by transfer.
    bank_line_id: Option<ID>,
    /// With what it is matched.
    targets: Vec<MatchTargetInput>,
    /// What is said of it, up to 1,000 characters.
    note: Option<String>,
}

impl MatchCreateInput {
    fn command(self) -> Result<CreateMatch, Error> {
        let mut refusals = Vec::new();
        let mut targets = Vec::with_capacity(self.targets.len());
        for (place, target) in self.targets.into_iter().enumerate() {
            match decode(&target.target_id) {
                Some((Kind::PaymentTransaction, id)) => {
                    targets.push((Target::Transaction(id), target.amount.0));
                }
                Some((Kind::Payout, id)) => targets.push((Target::Payout(id), target.amount.0)),
                Some((Kind::Invoice, id)) => targets.push((Target::Invoice(id), target.amount.0)),
                _ => {
                    let field = format!("targets.{place}.targetId");
                    let message = "is a transaction, a payout or an invoice";
                    refusals.push(Refusal::new(RefusalCode::NotFound, &field, message));
                }
            }
        }
        if !refusals.is_empty() {
            return Err(Error::Refused(refusals));
        }
        Ok(CreateMatch {
            settlement_line_id: self.settlement_line_id.map(|id| uuid(Kind::SettlementLine, &id)),
            bank_line_id: self.bank_line_id.map(|id| uuid(Kind::BankLine, &id)),
            targets,
            note: self.note,
        })
    }
}

/// A match.
#[derive(Debug, InputObject)]
pub(crate) struct MatchIdInput {
    /// Which.
    match_id: ID,
    /// What is said of it, up to 1,000 characters.
    note: Option<String>,
}

/// How a difference is explained.
#[derive(Debug, InputObject)]
pub(crate) struct ExceptionResolveInput {
    /// Which.
    exception_id: ID,
    /// How. `WRITTEN_OFF` books a loss (or what the bank charged), `MOVED_TO_SUSPENSE` books it to suspense; `MATCHED` needs
    /// `match`; `ACCEPTED`, `UNMATCHED` and `DISPUTED` book nothing.
    resolution: ReconciliationResolution,
    /// With what its line is matched; with `WRITTEN_OFF` the targets may sum to less, and the rest is written off.
    r#match: Option<MatchCreateInput>,
    /// Why, up to 1,000 characters.
    note: String,
}

/// What a second person says of a write-off.
#[derive(Debug, InputObject)]
pub(crate) struct ExceptionDecideInput {
    /// Of which difference.
    exception_id: ID,
    /// Whether they agree.
    grant: bool,
    /// Why, up to 1,000 characters.
    note: Option<String>,
}

/// A difference to be looked at once more.
#[derive(Debug, InputObject)]
pub(crate) struct ExceptionReopenInput {
    /// Which.
    exception_id: ID,
    /// Why, up to 1,000 characters.
    note: String,
}

/// The bytes that a call brings, and what their file was called.
fn source(
    ctx: &Context<'_>,
    file: Option<Upload>,
    content: Option<String>,
) -> Result<(Source, Option<String>), Error> {
    match (file, content) {
        (Some(file), None) => {
            let value = file.value(ctx).map_err(|error| Error::Internal(error.to_string()))?;
            let name = Some(value.filename).filter(|name| !name.is_empty());
            Ok((Source::File(value.content), name))
        }
        (None, Some(content)) => Ok((Source::Text(content), None)),
        _ => {
            let message = "exactly one of file and content";
            Err(Error::refused(Refusal::new(RefusalCode::Required, "file", message)))
        }
    }
}

async fn matches(ctx: &Context<'_>, done: operations::Result<Vec<Uuid>>) -> Option<MatchPayload> {
    let (ids, user_errors) = answer(ctx, done)?;
    let mut matches = None;
    if let Some(ids) = ids {
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            rows.extend(ctx.loaders().match_row(id).await.or_null(ctx)?.map(Match));
        }
        matches = Some(rows);
    }
    Some(MatchPayload { matches, user_errors })
}

async fn exception(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<ExceptionPayload> {
    let (id, user_errors) = answer(ctx, done)?;
    let exception = match id {
        Some(id) => ctx.loaders().exception(id).await.or_null(ctx)?.map(ReconciliationException),
        None => None,
    };
    Some(ExceptionPayload { exception, user_errors })
}

#[derive(Default)]
pub(crate) struct SettlementMutation;

#[Object]
impl SettlementMutation {
    /// Read a provider's file: checked, matched and booked, whole or not at all. Files above 2 MB are read on after the answer.
    /// Needs `SETTLEMENTS_WRITE`.
    async fn settlement_report_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: SettlementReportImportInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<SettlementReportPayload> {
        let done = async {
            let (source, file_name) = source(ctx, input.file, input.content)?;
            let command = ImportSettlement {
                provider: input.provider,
                format: input.format.into(),
                file_name,
                partial: input.partial.unwrap_or(false),
            };
            import::import(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command, source).await
        };
        let (imported, user_errors) = answer(ctx, Box::pin(done).await)?;
        let mut payload = SettlementReportPayload { report: None, duplicate: false, user_errors };
        if let Some(imported) = imported {
            let found = ctx.loaders().settlement_report(imported.report).await.or_null(ctx)?;
            payload.report = found.map(SettlementReport);
            payload.duplicate = imported.duplicate;
        }
        Some(payload)
    }

    /// Read a bank's file: each statement checked against its balances and the one before it, its entries matched and booked.
    /// Needs `SETTLEMENTS_WRITE`.
    async fn bank_statement_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: BankStatementImportInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<BankStatementsPayload> {
        let done = async {
            let (source, _) = source(ctx, input.file, input.content)?;
            let command = ImportStatements { format: input.format.into() };
            bank::import(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command, source).await
        };
        let (imported, user_errors) = answer(ctx, Box::pin(done).await)?;
        let mut payload = BankStatementsPayload { statements: None, duplicate: false, user_errors };
        if let Some(imported) = imported {
            let mut rows = Vec::with_capacity(imported.statements.len());
            for id in imported.statements {
                rows.extend(
                    ctx.loaders().bank_statement(id).await.or_null(ctx)?.map(BankStatement),
                );
            }
            payload.statements = Some(rows);
            payload.duplicate = imported.duplicate;
        }
        Some(payload)
    }

    /// Say what explains a line; it is booked. Needs `SETTLEMENTS_WRITE`.
    async fn match_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is matched.")] input: MatchCreateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<MatchPayload> {
        let done = async {
            let command = input.command()?;
            match_create(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        matches(ctx, Box::pin(done).await).await
    }

    /// Agree to a match that was proposed; it is booked. Needs `SETTLEMENTS_WRITE`.
    async fn match_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which match.")] input: MatchIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<MatchPayload> {
        let command = OneMatch { match_id: uuid(Kind::Match, &input.match_id), note: input.note };
        let done = async {
            let call = ctx.call(idempotency_key.as_ref())?;
            match_confirm(ctx.store(), call, &command).await.map(|id| vec![id])
        };
        matches(ctx, Box::pin(done).await).await
    }

    /// Take a match back: what it booked is reversed, and the difference is open again. Of a line that several steps settle,
    /// all matches go together. A proposal is simply dropped. Needs `SETTLEMENTS_WRITE`.
    async fn match_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which match.")] input: MatchIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<MatchPayload> {
        let command = OneMatch { match_id: uuid(Kind::Match, &input.match_id), note: input.note };
        let done =
            async { match_undo(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        matches(ctx, Box::pin(done).await).await
    }

    /// Explain a difference. A write-off above the actor's refund limit awaits a second person. Needs `SETTLEMENTS_WRITE`.
    async fn exception_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is explained.")] input: ExceptionResolveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ExceptionPayload> {
        let done = async {
            let matching = input.r#match.map(MatchCreateInput::command).transpose();
            let matching = matching.map_err(|error| {
                let Error::Refused(refusals) = error else { return error };
                Error::Refused(refusals.into_iter().map(|one| one.under("match")).collect())
            })?;
            let command = ResolveException {
                exception_id: uuid(Kind::ReconciliationException, &input.exception_id),
                resolution: input.resolution.into(),
                matching,
                note: input.note,
            };
            exception_resolve(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        exception(ctx, Box::pin(done).await).await
    }

    /// Agree to a write-off that somebody else wants, or not; within the actor's own limit. Needs `SETTLEMENTS_WRITE`.
    async fn exception_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is decided.")] input: ExceptionDecideInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ExceptionPayload> {
        let command = DecideException {
            exception_id: uuid(Kind::ReconciliationException, &input.exception_id),
            grant: input.grant,
            note: input.note,
        };
        let done = async {
            exception_decide(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        exception(ctx, Box::pin(done).await).await
    }

    /// Enter what a provider may keep, by kind of step, method and day. A fee of a settlement line that differs is told as
    /// `FEE_VARIANCE`, and booked all the same; differences that are as agreed by then are explained soon. Needs
    /// `SETTLEMENTS_WRITE`, and reach over every channel of the company.
    async fn fee_agreements_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is agreed.")] input: FeeAgreementsSetInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<FeeAgreementsPayload> {
        let command = input.into();
        let done = async {
            fee_agreements_set(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (rows, user_errors) = answer(ctx, Box::pin(done).await)?;
        let agreements = rows.map(|rows| rows.into_iter().map(FeeAgreement).collect());
        Some(FeeAgreementsPayload { agreements, user_errors })
    }

    /// Set how far amounts may be apart before somebody must explain it; for what is imported or matched from then on. Needs
    /// `SETTLEMENTS_WRITE`, and reach over every channel of the company.
    async fn reconciliation_tolerances_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tolerances.")] input: ReconciliationTolerancesSetInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReconciliationTolerancesPayload> {
        let command = input.into();
        let done = async {
            let call = ctx.call(idempotency_key.as_ref())?;
            reconciliation_tolerances_set(ctx.store(), call, &command).await
        };
        let (rows, user_errors) = answer(ctx, Box::pin(done).await)?;
        let tolerances = rows.map(|rows| rows.into_iter().map(ReconciliationTolerance).collect());
        Some(ReconciliationTolerancesPayload { tolerances, user_errors })
    }

    /// Open a difference once more: what was booked for it is reversed. One that was matched is opened by undoing the match.
    /// Needs `SETTLEMENTS_WRITE`.
    async fn exception_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which difference.")] input: ExceptionReopenInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ExceptionPayload> {
        let command = ReopenException {
            exception_id: uuid(Kind::ReconciliationException, &input.exception_id),
            note: input.note,
        };
        let done = async {
            exception_reopen(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        exception(ctx, Box::pin(done).await).await
    }
}
