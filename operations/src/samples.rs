//! Rows for tests, of which a test changes what it is about.

use entities::enums::{
    ActorKind, AdjustmentKind, CapturePolicy, DeliveryMethod, OrderFulfillmentState,
    OrderPaymentState, OrderReturnState, OrderState, PaymentState, TaxRounding, TaxScheme,
};
use entities::{invoice_line, order, order_adjustment, order_line, payment};
use time::OffsetDateTime;
use uuid::Uuid;

/// When everything happens.
pub(crate) const AT: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// An order of nothing, in euros with the tax included.
pub(crate) fn order() -> order::Model {
    order::Model {
        id: Uuid::nil(),
        version: 1,
        number: "1001".into(),
        channel_id: Uuid::nil(),
        channel_reference: None,
        customer_id: None,
        state: OrderState::Completed,
        fulfillment_state: OrderFulfillmentState::Fulfilled,
        payment_state: OrderPaymentState::Paid,
        return_state: OrderReturnState::None,
        currency: "EUR".into(),
        currency_digits: 2,
        tax_included: true,
        placed_at: AT,
        approved_at: None,
        shipped_at: None,
        delivered_at: None,
        completed_at: None,
        cancelled_at: None,
        returned_at: None,
        cancel_reason: None,
        placed_by_kind: ActorKind::System,
        placed_by_id: None,
        email: None,
        email_key: None,
        phone: None,
        phone_key: None,
        billing_address: None,
        shipping_address: None,
        country_code: None,
        delivery_method: DeliveryMethod::Ship,
        delivery_service: None,
        pickup_location_id: None,
        allow_split: true,
        allow_backorder: false,
        tax_id: None,
        purchase_order_number: None,
        payment_terms_days: None,
        promised_by: None,
        items_minor: 0,
        shipping_minor: 0,
        discounts_minor: 0,
        other_minor: 0,
        tax_minor: 0,
        grand_total_minor: 0,
        paid_minor: 0,
        refunded_minor: 0,
        assignee_id: None,
        satisfaction: None,
        client_ip: None,
        user_agent: None,
        attributes: None,
        imported: false,
        created_at: AT,
        updated_at: AT,
        draft: false,
        on_hold: false,
        address_key: None,
        promise_given: false,
        ship_by: None,
        expected_at: None,
        at_risk: false,
        review_at: None,
        risk_level: None,
        tax_rounding: TaxRounding::Line,
        in_books: true,
        invoiced_minor: 0,
        credited_minor: 0,
        store_credit_minor: 0,
        exchanged_minor: 0,
        deposit_minor: 0,
        deposit_base_minor: 0,
        receivable_minor: 0,
        receivable_base_minor: 0,
        refund_due_minor: 0,
        refund_due_base_minor: 0,
        capture: CapturePolicy::Shipment,
        returns_asked: 0,
        returns_moving: 0,
    }
}

/// A payment of nothing.
pub(crate) fn payment() -> payment::Model {
    payment::Model {
        id: Uuid::nil(),
        version: 1,
        order_id: Uuid::nil(),
        position: 0,
        provider: "psp".into(),
        provider_account: None,
        provider_reference: None,
        method: "card".into(),
        card: None,
        state: PaymentState::Captured,
        currency: "EUR".into(),
        pending_minor: 0,
        authorized_minor: 0,
        captured_minor: 0,
        refunded_minor: 0,
        installments: None,
        authorization_expires_at: None,
        captured_at: None,
        created_at: AT,
        voided_minor: 0,
        capturing_minor: 0,
        refunding_minor: 0,
        disputed_minor: 0,
        credit_id: None,
        origin_order_id: None,
        refund_rank: 1,
        warned_hours: None,
    }
}

/// A line of an order.
pub(crate) fn line(
    number: u128,
    quantity: i32,
    unit_price_minor: i64,
    rate_ppm: i32,
) -> order_line::Model {
    order_line::Model {
        id: Uuid::from_u128(number),
        order_id: Uuid::nil(),
        position: 0,
        variant_id: None,
        sku: format!("S{number}"),
        sku_key: format!("s{number}"),
        name: format!("Thing {number}"),
        quantity,
        unit_price_minor,
        discount_minor: 0,
        shipping_minor: 0,
        tax_minor: 0,
        tax_rate_ppm: rate_ppm,
        total_minor: 0,
        quantity_reserved: 0,
        quantity_backordered: 0,
        quantity_fulfilled: 0,
        quantity_cancelled: 0,
        quantity_returned: 0,
        own_discount_minor: 0,
        frozen_quantity: quantity,
        frozen_discount_minor: 0,
        substitutes_for: None,
        components: None,
        order_placed_at: AT,
        tax_scheme: TaxScheme::Domestic,
        tax_country: None,
        home_rate_ppm: rate_ppm,
        tax_given: false,
    }
}

/// An amount beside the lines.
pub(crate) fn adjustment(kind: AdjustmentKind, amount_minor: i64) -> order_adjustment::Model {
    order_adjustment::Model {
        id: Uuid::nil(),
        order_id: Uuid::nil(),
        position: 0,
        kind,
        label: String::new(),
        amount_minor,
        tax_minor: 0,
        tax_rate_ppm: None,
        tax_parts: None,
    }
}

/// A line of a document that is worth nothing.
pub(crate) fn invoice_line() -> invoice_line::Model {
    invoice_line::Model {
        invoice_id: Uuid::nil(),
        position: 0,
        order_id: Uuid::nil(),
        order_line_id: None,
        adjustment_kind: None,
        sku: None,
        description: String::new(),
        quantity: 1,
        unit_price_minor: 0,
        list_minor: 0,
        discount_minor: 0,
        net_minor: 0,
        tax_minor: 0,
        net_base_minor: 0,
        tax_base_minor: 0,
        tax_rate_ppm: 0,
        tax_scheme: TaxScheme::Domestic,
        tax_country: None,
    }
}
