mod api_tokens;
mod reach;
mod rights;
mod session;
