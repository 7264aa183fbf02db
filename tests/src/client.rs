//! A client of the API with one credential.

use serde_json::{Value as Json, json};

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    pub token: Option<String>,
}

/// A client of HTTP.
pub fn http() -> reqwest::Client {
    aftercart::oidc::choose_cryptography();
    reqwest::Client::new()
}

impl Client {
    pub fn new(url: &str, token: Option<String>) -> Self {
        Self { http: http(), url: url.to_owned(), token }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The status and the whole answer.
    pub async fn send(&self, query: &str, variables: Json) -> (u16, Json) {
        let body = json!({ "query": query, "variables": variables });
        let mut request = self.http.post(&self.url).json(&body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("the server answers");
        let status = response.status().as_u16();
        (status, response.json().await.expect("the answer is JSON"))
    }

    /// The whole answer.
    pub async fn answer(&self, query: &str, variables: Json) -> Json {
        self.send(query, variables).await.1
    }

    /// The data of an answer without errors.
    pub async fn ok(&self, query: &str, variables: Json) -> Json {
        let answer = self.answer(query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"].clone()
    }

    /// Sends a mutation whose `input.file` is a file, and answers with its payload.
    pub async fn uploaded(&self, query: &str, input: Json, name: &str, content: &[u8]) -> Json {
        let answer = self.upload(query, input, name, content).await.expect("the server answers");
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].as_object().unwrap().values().next().unwrap().clone()
    }

    /// The same with the whole answer; none where the server goes away.
    pub async fn upload(
        &self,
        query: &str,
        mut input: Json,
        name: &str,
        content: &[u8],
    ) -> Option<Json> {
        input["file"] = Json::Null;
        let operations = serde_json::json!({ "query": query, "variables": { "input": input } });
        let part =
            |head: &str| format!("--a-boundary\r\ncontent-disposition: form-data; {head}\r\n\r\n");
        let mut body = part("name=\"operations\"").into_bytes();
        body.extend(operations.to_string().bytes());
        body.extend(
            format!("\r\n{}{{\"0\":[\"variables.input.file\"]}}\r\n", part("name=\"map\"")).bytes(),
        );
        body.extend(part(&format!("name=\"0\"; filename=\"{name}\"")).bytes());
        body.extend(content);
        body.extend(b"\r\n--a-boundary--\r\n");
        let mut request = http()
            .post(&self.url)
            .header("content-type", "multipart/form-data; boundary=a-boundary")
            .header("GraphQL-Require-Preflight", "1")
            .body(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request.send().await.ok()?.json().await.ok()
    }

    /// The payload of a mutation that is done: no errors of either kind.
    pub async fn done(&self, query: &str, input: Json) -> Json {
        let payload = self.payload(query, json!({ "input": input })).await;
        assert_eq!(payload["userErrors"], json!([]), "{query}");
        payload
    }

    /// The only root field of an answer without errors.
    pub async fn payload(&self, query: &str, variables: Json) -> Json {
        let data = self.ok(query, variables).await;
        let root = data.as_object().expect("an object").values().next().expect("a root field");
        root.clone()
    }

    /// The codes and fields of a mutation that a rule refuses, as `CODE field.path`.
    pub async fn refused(&self, query: &str, input: Json) -> Vec<String> {
        let payload = self.payload(query, json!({ "input": input })).await;
        let errors = user_errors(&payload);
        assert!(!errors.is_empty(), "not refused: {payload:#}");
        errors
    }

    /// The code of the first error of an answer.
    pub async fn error_code(&self, query: &str, variables: Json) -> String {
        let answer = self.answer(query, variables).await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("none").to_owned()
    }
}

/// `CODE field.path` for each user error of a payload.
pub fn user_errors(payload: &Json) -> Vec<String> {
    let errors = payload["userErrors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|error| {
            let field: Vec<&str> = error["field"]
                .as_array()
                .map(|parts| parts.iter().filter_map(Json::as_str).collect())
                .unwrap_or_default();
            format!("{} {}", error["code"].as_str().unwrap_or_default(), field.join("."))
        })
        .collect()
}
