mod api_tokens;
mod audit;
mod reach;
mod rights;
mod session;
mod users;
