mod adjust;
mod read;
mod receive;
mod reserve;
mod set_policy;
