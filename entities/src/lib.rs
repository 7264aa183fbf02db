//! Rows and status enums: one file per table, no behaviour.
//!
//! A column is named after what it holds and wears its unit (`_minor`, `_ppm`, `_at`, `_seconds`).
//! `_key` columns hold the form in which a value is compared.
#![recursion_limit = "512"]

pub mod enums;
mod row;

pub use row::Row;

pub mod api_token;
pub mod audit_entry;
pub mod backorder;
pub mod bundle_component;
pub mod channel;
pub mod channel_location;
pub mod credit;
pub mod credit_entry;
pub mod customer;
pub mod customer_address;
pub mod customer_identity;
pub mod customer_word;
pub mod delivery_service;
pub mod dispute;
pub mod event;
pub mod exchange_rate;
pub mod fulfillment;
pub mod fulfillment_line;
pub mod fulfillment_order;
pub mod idempotency_key;
pub mod invoice;
pub mod invoice_due;
pub mod invoice_line;
pub mod invoice_party;
pub mod journal_entry;
pub mod ledger_account;
pub mod legal_entity;
pub mod location;
pub mod money_grant;
pub mod note;
pub mod order;
pub mod order_adjustment;
pub mod order_document;
pub mod order_flag;
pub mod order_hold;
pub mod order_line;
pub mod order_risk;
pub mod order_tag;
pub mod parcel;
pub mod parcel_line;
pub mod payment;
pub mod payment_transaction;
pub mod posting;
pub mod price;
pub mod product;
pub mod purchase_order;
pub mod purchase_order_line;
pub mod refresh_token;
pub mod refund_request;
pub mod risk_entry;
pub mod risk_rule;
pub mod role;
pub mod routing_strategy;
pub mod session;
pub mod setting;
pub mod signing_key;
pub mod stock_count;
pub mod stock_count_line;
pub mod stock_level;
pub mod stock_movement;
pub mod stock_reservation;
pub mod stock_reservation_line;
pub mod stock_transfer;
pub mod stock_transfer_line;
pub mod supplier;
pub mod supplier_term;
pub mod tax_rate;
pub mod timer;
pub mod tracking_event;
pub mod user;
pub mod user_identity;
pub mod user_role;
pub mod variant;
pub mod webhook_delivery;
pub mod webhook_endpoint;
pub mod webhook_replay;
pub mod webhook_secret;
