//! Where partners' tokens are looked up: all that come while one statement runs share the next one.
//!
//! Nothing is remembered, so a token that was revoked fails on its very next request, on every node.

use operations::access::read::actors_of_tokens;
use operations::{Actor, Error, Result, Store};
use tokio::sync::{mpsc, oneshot};

/// Tokens looked up by one statement at most.
const TOGETHER: usize = 250;
/// Requests that may wait at the desk.
const QUEUE: usize = 10_000;

struct Question {
    secret: String,
    answer: oneshot::Sender<Result<Actor>>,
}

/// Asks whose a partner's token is.
#[derive(Clone)]
pub(crate) struct Desk(mpsc::Sender<Question>);

impl Desk {
    /// Opens the desk; it closes when its last handle is dropped.
    pub(crate) fn open(store: Store) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(serve(store, receiver));
        Self(sender)
    }

    /// The actor behind a token; `Unauthenticated` where it is unknown, expired or revoked.
    pub(crate) async fn ask(&self, secret: &str) -> Result<Actor> {
        let closed = || Error::Unavailable("the server is ending".into());
        let (answer, answered) = oneshot::channel();
        let question = Question { secret: secret.to_owned(), answer };
        self.0.send(question).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

async fn serve(store: Store, mut questions: mpsc::Receiver<Question>) {
    let mut together = Vec::new();
    while questions.recv_many(&mut together, TOGETHER).await > 0 {
        let (secrets, answers): (Vec<String>, Vec<_>) =
            together.drain(..).map(|asked| (asked.secret, asked.answer)).unzip();
        let actors = match actors_of_tokens(&store, &secrets).await {
            Ok(actors) => actors,
            Err(error) => {
                tracing::error!(%error, "tokens could not be looked up");
                let unavailable = || Error::Unavailable("tokens cannot be looked up now".into());
                secrets.iter().map(|_| Err(unavailable())).collect()
            }
        };
        for (answer, actor) in answers.into_iter().zip(actors) {
            // Whoever went away needs no answer.
            let _gone = answer.send(actor);
        }
    }
}
