//! A provider that is none: what it answers depends on the last two digits of the amount alone, so that every path can be
//! shown.
//!
//! | amount ends in | a capture, void or refund | an authorization |
//! |---|---|---|
//! | 01 | is refused at once | |
//! | 02 | is done after a minute | |
//! | 03 | is refused after a minute | |
//! | 04 | is done, and fails an hour later | |
//! | 05 | is answered at the third try, and done | |
//! | 06 | | ends after an hour |
//! | 07 | | is not known: it is released |
//! | 08 | a capture is disputed an hour later | |
//! | else | is done at once | ends after seven days |

use super::{Answer, Ask, AskKind, Connector, SANDBOX, Said, Silence, Standing};
use futures::FutureExt;
use futures::future::BoxFuture;
use time::Duration;

/// The provider that is built in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sandbox;

/// How long what is late takes.
const SOON: Duration = Duration::minutes(1);
/// How long what fails or is disputed afterwards lasts.
const LATER: Duration = Duration::hours(1);

impl Connector for Sandbox {
    fn name(&self) -> &'static str {
        SANDBOX
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Answer, Silence>> {
        std::future::ready(answer(ask)).boxed()
    }
}

fn answer(ask: &Ask) -> Result<Answer, Silence> {
    let ending = ask.minor.rem_euclid(100);
    if ask.kind == AskKind::Look {
        let (minor, lasts) = match ending {
            6 => (ask.minor, LATER),
            7 => (0, LATER),
            _ => (ask.minor, Duration::days(7)),
        };
        let until = Some(ask.wanted_at + lasts);
        let standing = Standing { holds: minor, until, taken: None, reference: None };
        return Ok(Answer::last(Said::Stands(standing)));
    }
    let reference = Some(format!("sandbox_{}", ask.id.simple()));
    let done = Said::Done { reference: reference.clone(), holds: None };
    let refused = |message: &str| Said::Refused {
        reference: reference.clone(),
        message: message.to_owned(),
        holds: None,
    };
    let first = ask.answers == 0;
    Ok(match ending {
        1 => Answer::last(refused("declined by the sandbox: the amount ends in 01")),
        2 | 3 if first => {
            Answer { said: Said::Accepted { reference }, again_at: Some(ask.wanted_at + SOON) }
        }
        3 => Answer::last(refused("declined late by the sandbox: the amount ends in 03")),
        4 if first => Answer { said: done, again_at: Some(ask.wanted_at + LATER) },
        4 => Answer::last(refused("failed afterwards in the sandbox: the amount ends in 04")),
        5 if ask.attempts < 3 => return Err(Silence("the sandbox does not answer".to_owned())),
        8 if ask.kind == AskKind::Capture && first => {
            Answer { said: done, again_at: Some(ask.wanted_at + LATER) }
        }
        8 if ask.kind == AskKind::Capture => {
            Answer::last(Said::Disputed { reason: "fraudulent".to_owned() })
        }
        _ => Answer::last(done),
    })
}
