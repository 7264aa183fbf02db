//! A small shop, made through the API: two channels, three locations, four SKUs and a bundle.

use crate::app::TestApp;
use crate::client::Client;
use serde_json::{Value as Json, json};

pub const USER_CREATE: &str = "mutation($input: UserCreateInput!, $key: String) { userCreate(input: $input, idempotencyKey: $key) { user { id email name active roles { name } reach { channels { code } } } userErrors { code field message } } }";
pub const USER_UPDATE: &str = "mutation($input: UserUpdateInput!, $key: String) { userUpdate(input: $input, idempotencyKey: $key) { user { name active roles { name } } userErrors { code field message } } }";
pub const ROLE_DEFINE: &str = "mutation($input: RoleDefineInput!, $key: String) { roleDefine(input: $input, idempotencyKey: $key) { role { id name permissions builtIn refundLimit goodwillPerCaseLimit goodwillPerCustomerLimit } userErrors { code field message } } }";
pub const API_TOKEN_CREATE: &str = "mutation($input: ApiTokenCreateInput!, $key: String) {
  apiTokenCreate(input: $input, idempotencyKey: $key) {
    apiToken { id name hint permissions reach { channels { code } } createdBy { name } } secret userErrors { code message field } } }";
pub const API_TOKEN_ROTATE: &str = "mutation($input: ApiTokenRotateInput!, $key: String) {
  apiTokenRotate(input: $input, idempotencyKey: $key) {
    apiToken { id hint } secret userErrors { code message field } } }";
pub const API_TOKEN_REVOKE: &str = "mutation($input: ApiTokenRevokeInput!, $key: String) {
  apiTokenRevoke(input: $input, idempotencyKey: $key) {
    apiToken { id revokedAt } userErrors { code message field } } }";
pub const WEBHOOK_CREATE: &str = "mutation($input: WebhookEndpointCreateInput!, $key: String) {
  webhookEndpointCreate(input: $input, idempotencyKey: $key) {
    webhookEndpoint { id url types active createdBy { label } } secret userErrors { code message field } } }";
pub const WEBHOOK_UPDATE: &str = "mutation($input: WebhookEndpointUpdateInput!, $key: String) {
  webhookEndpointUpdate(input: $input, idempotencyKey: $key) {
    webhookEndpoint { id url description types active disabledBecause } userErrors { code message field } } }";
pub const WEBHOOK_ROTATE: &str = "mutation($input: WebhookSecretRotateInput!, $key: String) {
  webhookSecretRotate(input: $input, idempotencyKey: $key) {
    webhookEndpoint { id } secret userErrors { code message field } } }";
pub const WEBHOOK_DELETE: &str = "mutation($input: WebhookEndpointIdInput!, $key: String) {
  webhookEndpointDelete(input: $input, idempotencyKey: $key) {
    webhookEndpoint { id active } userErrors { code message field } } }";
pub const WEBHOOK_TEST: &str = "mutation($input: WebhookEndpointIdInput!, $key: String) {
  webhookTest(input: $input, idempotencyKey: $key) {
    delivery { id state event { type } endpoint { id } } userErrors { code message field } } }";
pub const WEBHOOK_REPLAY: &str = "mutation($input: WebhookReplayInput!, $key: String) {
  webhookReplay(input: $input, idempotencyKey: $key) { queued userErrors { code message field } } }";
pub const LEGAL_ENTITY_UPSERT: &str = "mutation($input: LegalEntityUpsertInput!, $key: String) {
  legalEntityUpsert(input: $input, idempotencyKey: $key) {
    legalEntity { id name countryCode taxId baseCurrency } userErrors { code message field } } }";
pub const CHANNEL_UPSERT: &str = "mutation($input: ChannelUpsertInput!, $key: String) {
  channelUpsert(input: $input, idempotencyKey: $key) {
    channel { id code name kind currencyCode taxIncluded orderNumberPrefix unpaidExpiresAfterSeconds
      legalEntity { id } locations { code } } userErrors { code message field } } }";
pub const LOCATION_UPSERT: &str = "mutation($input: LocationUpsertInput!, $key: String) {
  locationUpsert(input: $input, idempotencyKey: $key) {
    location { id code name kind timeZone shipsOrders offersPickup active latitude longitude
      address { line1 city countryCode } calendar { workingDays opensAt cutoffAt closesAt holidays } }
    userErrors { code message field } } }";
pub const PRODUCTS_UPSERT: &str = "mutation($input: ProductsUpsertInput!, $key: String) {
  productsUpsert(input: $input, idempotencyKey: $key) {
    products { id name variants { id sku name active components { quantity variant { sku } }
      prices { channel { code } amount { amount } taxRate } } } userErrors { code message field } } }";
pub const SUPPLIER_UPSERT: &str = "mutation($input: SupplierUpsertInput!, $key: String) {
  supplierUpsert(input: $input, idempotencyKey: $key) {
    supplier { id name paymentTermsDays currencyCode terms { supplierSku packSize leadTimeDays
      unitCost { amount currencyCode } variant { sku } } } userErrors { code message field } } }";
pub const STOCK_RECEIVE: &str = "mutation($input: StockReceiveInput!, $key: String) {
  stockReceive(input: $input, idempotencyKey: $key) {
    stockLevels { id onHand available location { code } variant { sku } }
    userErrors { code message field } } }";
pub const STOCK_ADJUST: &str = "mutation($input: StockAdjustInput!, $key: String) {
  stockAdjust(input: $input, idempotencyKey: $key) {
    stockLevels { id onHand damaged available } userErrors { code message field details } } }";
pub const STOCK_SET_POLICY: &str = "mutation($input: StockSetPolicyInput!, $key: String) {
  stockSetPolicy(input: $input, idempotencyKey: $key) {
    stockLevels { safetyStock reorderPoint reorderQuantity available }
    userErrors { code message field } } }";
pub const TRANSFER_CREATE: &str = "mutation($input: TransferCreateInput!, $key: String) {
  transferCreate(input: $input, idempotencyKey: $key) {
    transfer { id version number state from { code } to { code } lines { variant { sku } quantity received damaged lost } shippedAt receivedAt } userErrors { code message field details } } }";
pub const TRANSFER_SHIP: &str = "mutation($input: TransferIdInput!, $key: String) {
  transferShip(input: $input, idempotencyKey: $key) {
    transfer { id version number state from { code } to { code } lines { variant { sku } quantity received damaged lost } shippedAt receivedAt } userErrors { code message field details } } }";
pub const TRANSFER_CANCEL: &str = "mutation($input: TransferIdInput!, $key: String) {
  transferCancel(input: $input, idempotencyKey: $key) {
    transfer { id version number state from { code } to { code } lines { variant { sku } quantity received damaged lost } shippedAt receivedAt } userErrors { code message field details } } }";
pub const TRANSFER_RECEIVE: &str = "mutation($input: TransferReceiveInput!, $key: String) {
  transferReceive(input: $input, idempotencyKey: $key) {
    transfer { id version number state from { code } to { code } lines { variant { sku } quantity received damaged lost } shippedAt receivedAt } userErrors { code message field details } } }";
pub const PURCHASE_ORDER_CREATE: &str = "mutation($input: PurchaseOrderCreateInput!, $key: String) {
  purchaseOrderCreate(input: $input, idempotencyKey: $key) {
    purchaseOrder { id version number state currencyCode total { amount } orderedAt expectedAt paymentDueAt lines { variant { sku } quantity received damaged unitCost { amount } } } userErrors { code message field details } } }";
pub const PURCHASE_ORDER_UPDATE: &str = "mutation($input: PurchaseOrderUpdateInput!, $key: String) {
  purchaseOrderUpdate(input: $input, idempotencyKey: $key) {
    purchaseOrder { id version number state currencyCode total { amount } orderedAt expectedAt paymentDueAt lines { variant { sku } quantity received damaged unitCost { amount } } } userErrors { code message field details } } }";
pub const PURCHASE_ORDER_PLACE: &str = "mutation($input: PurchaseOrderIdInput!, $key: String) {
  purchaseOrderPlace(input: $input, idempotencyKey: $key) {
    purchaseOrder { id version number state currencyCode total { amount } orderedAt expectedAt paymentDueAt lines { variant { sku } quantity received damaged unitCost { amount } } } userErrors { code message field details } } }";
pub const PURCHASE_ORDER_RECEIVE: &str = "mutation($input: PurchaseOrderReceiveInput!, $key: String) {
  purchaseOrderReceive(input: $input, idempotencyKey: $key) {
    purchaseOrder { id version number state currencyCode total { amount } orderedAt expectedAt paymentDueAt lines { variant { sku } quantity received damaged unitCost { amount } } } userErrors { code message field details } } }";
pub const PURCHASE_ORDER_CANCEL: &str = "mutation($input: PurchaseOrderIdInput!, $key: String) {
  purchaseOrderCancel(input: $input, idempotencyKey: $key) {
    purchaseOrder { id version number state currencyCode total { amount } orderedAt expectedAt paymentDueAt lines { variant { sku } quantity received damaged unitCost { amount } } } userErrors { code message field details } } }";
pub const STOCK_COUNT_START: &str = "mutation($input: StockCountStartInput!, $key: String) {
  stockCountStart(input: $input, idempotencyKey: $key) {
    stockCount { id state blind accuracy lines { nodes { variant { sku } counted difference } } } userErrors { code message field details } } }";
pub const STOCK_COUNT_RECORD: &str = "mutation($input: StockCountRecordInput!, $key: String) {
  stockCountRecord(input: $input, idempotencyKey: $key) {
    stockCount { id state blind accuracy lines { nodes { variant { sku } counted difference } } } userErrors { code message field details } } }";
pub const STOCK_COUNT_CLOSE: &str = "mutation($input: StockCountIdInput!, $key: String) {
  stockCountClose(input: $input, idempotencyKey: $key) {
    stockCount { id state blind accuracy lines { nodes { variant { sku } counted difference } } } userErrors { code message field details } } }";
pub const STOCK_COUNT_CANCEL: &str = "mutation($input: StockCountIdInput!, $key: String) {
  stockCountCancel(input: $input, idempotencyKey: $key) {
    stockCount { id state blind accuracy lines { nodes { variant { sku } counted difference } } } userErrors { code message field details } } }";
pub const STOCK_RESERVE: &str = "mutation($input: StockReserveInput!, $key: String) {
  stockReserve(input: $input, idempotencyKey: $key) {
    reservation { id state expiresAt channel { code } lines { quantity variant { sku } location { code } } }
    userErrors { code message field details } } }";
pub const STOCK_RESERVATION_RELEASE: &str =
    "mutation($input: StockReservationIdInput!, $key: String) {
  stockReservationRelease(input: $input, idempotencyKey: $key) {
    reservation { id state } userErrors { code message field } } }";
pub const ORDER_PLACE: &str = "mutation($input: OrderPlaceInput!, $key: String) {
  orderPlace(input: $input, idempotencyKey: $key) {
    order { id number version state fulfillmentState paymentState placedAt email
      customer { id number name }
      totals { items { amount } shipping { amount } discounts { amount } tax { amount }
        grandTotal { amount } paid { amount } outstanding { amount } }
      lines { id sku name quantity quantityReserved quantityBackordered taxRate
        unitPrice { amount } discount { amount } tax { amount } total { amount } }
      fulfillments { number state location { code } lines { sku quantity } }
      payments { state method authorized { amount } captured { amount } } }
    userErrors { code message field details } } }";
pub const ORDERS_IMPORT: &str = "mutation($input: OrdersImportInput!, $key: String) {
  ordersImport(input: $input, idempotencyKey: $key) {
    imported orders { id number state fulfillmentState paymentState returnState imported
      customer { id number } lines { sku variant { id } quantity }
      totals { grandTotal { amount } paid { amount } outstanding { amount } }
      payments { state captured { amount } } fulfillments { state location { code } } }
    userErrors { code message field } } }";
pub const ORDER_TAG: &str = "mutation($input: OrderTagInput!, $key: String) {
  orderTag(input: $input, idempotencyKey: $key) {
    order { id version tags } userErrors { code message field } } }";
pub const ORDER_ASSIGN: &str = "mutation($input: OrderAssignInput!, $key: String) {
  orderAssign(input: $input, idempotencyKey: $key) {
    order { id version assignee { id name email } } userErrors { code message field } } }";
pub const ORDER_HOLD: &str = "mutation($input: OrderHoldInput!, $key: String) {
  orderHold(input: $input, idempotencyKey: $key) {
    order { id number version state fulfillmentState paymentState onHold cancelReason approvedAt completedAt holds { id reason note releasedAt placedBy { kind } }
      totals { items { amount } shipping { amount } discounts { amount } tax { amount } grandTotal { amount } paid { amount } refunded { amount } outstanding { amount } }
      lines { id sku quantity quantityReserved quantityBackordered quantityFulfilled quantityCancelled discount { amount } total { amount } }
      fulfillments { id number state cancelRequestedAt failedBecause location { code } lines { sku quantity quantityShort } }
      payments { state authorized { amount } captured { amount } refunded { amount } transactions { kind amount { amount } } } }
    userErrors { code message field details } } }";
pub const ORDER_RELEASE: &str = "mutation($input: OrderReleaseInput!, $key: String) {
  orderRelease(input: $input, idempotencyKey: $key) {
    order { id number version state fulfillmentState paymentState onHold cancelReason approvedAt completedAt holds { id reason note releasedAt placedBy { kind } }
      totals { items { amount } shipping { amount } discounts { amount } tax { amount } grandTotal { amount } paid { amount } refunded { amount } outstanding { amount } }
      lines { id sku quantity quantityReserved quantityBackordered quantityFulfilled quantityCancelled discount { amount } total { amount } }
      fulfillments { id number state cancelRequestedAt failedBecause location { code } lines { sku quantity quantityShort } }
      payments { state authorized { amount } captured { amount } refunded { amount } transactions { kind amount { amount } } } }
    userErrors { code message field details } } }";
pub const ORDER_CANCEL: &str = "mutation($input: OrderCancelInput!, $key: String) {
  orderCancel(input: $input, idempotencyKey: $key) {
    order { id number version state fulfillmentState paymentState onHold cancelReason approvedAt completedAt holds { id reason note releasedAt placedBy { kind } }
      totals { items { amount } shipping { amount } discounts { amount } tax { amount } grandTotal { amount } paid { amount } refunded { amount } outstanding { amount } }
      lines { id sku quantity quantityReserved quantityBackordered quantityFulfilled quantityCancelled discount { amount } total { amount } }
      fulfillments { id number state cancelRequestedAt failedBecause location { code } lines { sku quantity quantityShort } }
      payments { state authorized { amount } captured { amount } refunded { amount } transactions { kind amount { amount } } } }
    userErrors { code message field details } } }";
pub const ORDER_REROUTE: &str = "mutation($input: OrderRerouteInput!, $key: String) {
  orderReroute(input: $input, idempotencyKey: $key) {
    order { id number version state fulfillmentState paymentState onHold cancelReason approvedAt completedAt holds { id reason note releasedAt placedBy { kind } }
      totals { items { amount } shipping { amount } discounts { amount } tax { amount } grandTotal { amount } paid { amount } refunded { amount } outstanding { amount } }
      lines { id sku quantity quantityReserved quantityBackordered quantityFulfilled quantityCancelled discount { amount } total { amount } }
      fulfillments { id number state cancelRequestedAt failedBecause location { code } lines { sku quantity quantityShort } }
      payments { state authorized { amount } captured { amount } refunded { amount } transactions { kind amount { amount } } } }
    userErrors { code message field details } } }";
pub const FULFILLMENT_ACCEPT: &str = "mutation($input: FulfillmentIdInput!, $key: String) {
  fulfillmentAccept(input: $input, idempotencyKey: $key) {
    fulfillment { id version number state pickedAt packedAt shippedAt deliveredAt cancelRequestedAt failedBecause orderNumbers location { code }
      lines { sku quantity quantityPicked quantityShort } assignee { name }
      parcels { id status carrier trackingNumber shippedAt deliveredAt receivedBy lines { sku quantity }
        customs { incoterm contents total { amount } lines { description quantity customsCode originCountry weightGrams value { amount } } } } }
    userErrors { code message field details } } }";
pub const FULFILLMENT_REJECT: &str = "mutation($input: FulfillmentFailInput!, $key: String) {
  fulfillmentReject(input: $input, idempotencyKey: $key) {
    fulfillment { id version number state pickedAt packedAt shippedAt deliveredAt cancelRequestedAt failedBecause orderNumbers location { code }
      lines { sku quantity quantityPicked quantityShort } assignee { name }
      parcels { id status carrier trackingNumber shippedAt deliveredAt receivedBy lines { sku quantity }
        customs { incoterm contents total { amount } lines { description quantity customsCode originCountry weightGrams value { amount } } } } }
    userErrors { code message field details } } }";
pub const FULFILLMENT_PICK: &str = "mutation($input: FulfillmentPickInput!, $key: String) {
  fulfillmentPick(input: $input, idempotencyKey: $key) {
    fulfillment { id version number state pickedAt packedAt shippedAt deliveredAt cancelRequestedAt failedBecause orderNumbers location { code }
      lines { sku quantity quantityPicked quantityShort } assignee { name }
      parcels { id status carrier trackingNumber shippedAt deliveredAt receivedBy lines { sku quantity }
        customs { incoterm contents total { amount } lines { description quantity customsCode originCountry weightGrams value { amount } } } } }
    userErrors { code message field details } } }";
pub const FULFILLMENT_PACK: &str = "mutation($input: FulfillmentPackInput!, $key: String) {
  fulfillmentPack(input: $input, idempotencyKey: $key) {
    fulfillment { id version number state pickedAt packedAt shippedAt deliveredAt cancelRequestedAt failedBecause orderNumbers location { code }
      lines { sku quantity quantityPicked quantityShort } assignee { name }
      parcels { id status carrier trackingNumber shippedAt deliveredAt receivedBy lines { sku quantity }
        customs { incoterm contents total { amount } lines { description quantity customsCode originCountry weightGrams value { amount } } } } }
    userErrors { code message field details } } }";
pub const FULFILLMENT_SHIP: &str = "mutation($input: FulfillmentShipInput!, $key: String) {
  fulfillmentShip(input: $input, idempotencyKey: $key) {
    fulfillment { id version number state pickedAt packedAt shippedAt deliveredAt cancelRequestedAt failedBecause orderNumbers location { code }
      lines { sku quantity quantityPicked quantityShort } assignee { name }
      parcels { id status carrier trackingNumber shippedAt deliveredAt receivedBy lines { sku quantity }
        customs { incoterm contents total { amount } lines { description quantity customsCode originCountry weightGrams value { amount } } } } }
    userErrors { code message field details } } }";
pub const FULFILLMENT_READY: &str = "mutation($input: FulfillmentIdInput!, $key: String) {
  fulfillmentReadyForPickup(input: $input, idempotencyKey: $key) {
    fulfillment { id version number state pickedAt packedAt shippedAt deliveredAt cancelRequestedAt failedBecause orderNumbers location { code }
      lines { sku quantity quantityPicked quantityShort } assignee { name }
      parcels { id status carrier trackingNumber shippedAt deliveredAt receivedBy lines { sku quantity }
        customs { incoterm contents total { amount } lines { description quantity customsCode originCountry weightGrams value { amount } } } } }
    userErrors { code message field details } } }";
pub const FULFILLMENT_DELIVER: &str = "mutation($input: FulfillmentDeliverInput!, $key: String) {
  fulfillmentDeliver(input: $input, idempotencyKey: $key) {
    fulfillment { id version number state pickedAt packedAt shippedAt deliveredAt cancelRequestedAt failedBecause orderNumbers location { code }
      lines { sku quantity quantityPicked quantityShort } assignee { name }
      parcels { id status carrier trackingNumber shippedAt deliveredAt receivedBy lines { sku quantity }
        customs { incoterm contents total { amount } lines { description quantity customsCode originCountry weightGrams value { amount } } } } }
    userErrors { code message field details } } }";
pub const FULFILLMENT_FAIL: &str = "mutation($input: FulfillmentFailInput!, $key: String) {
  fulfillmentFail(input: $input, idempotencyKey: $key) {
    fulfillment { id version number state pickedAt packedAt shippedAt deliveredAt cancelRequestedAt failedBecause orderNumbers location { code }
      lines { sku quantity quantityPicked quantityShort } assignee { name }
      parcels { id status carrier trackingNumber shippedAt deliveredAt receivedBy lines { sku quantity }
        customs { incoterm contents total { amount } lines { description quantity customsCode originCountry weightGrams value { amount } } } } }
    userErrors { code message field details } } }";
pub const DRAFT_CREATE: &str = "mutation($input: OrderPlaceInput!, $key: String) {
  draftCreate(input: $input, idempotencyKey: $key) {
    order { id number version state onHold paymentState placedAt purchaseOrderNumber paymentTermsDays tags channelReference
      placedBy { kind label } customer { email } notes { text }
      totals { grandTotal { amount } tax { amount } discounts { amount } }
      lines { id sku quantity quantityReserved quantityBackordered unitPrice { amount } discount { amount } total { amount } }
      fulfillments { state location { code } } promise { deliverBy } }
    userErrors { code message field details } } }";
pub const DRAFT_UPDATE: &str = "mutation($input: DraftUpdateInput!, $key: String) {
  draftUpdate(input: $input, idempotencyKey: $key) {
    order { id number version state onHold paymentState placedAt purchaseOrderNumber paymentTermsDays tags channelReference
      placedBy { kind label } customer { email } notes { text }
      totals { grandTotal { amount } tax { amount } discounts { amount } }
      lines { id sku quantity quantityReserved quantityBackordered unitPrice { amount } discount { amount } total { amount } }
      fulfillments { state location { code } } promise { deliverBy } }
    userErrors { code message field details } } }";
pub const DRAFT_COMPLETE: &str = "mutation($input: DraftCompleteInput!, $key: String) {
  draftComplete(input: $input, idempotencyKey: $key) {
    order { id number version state onHold paymentState placedAt purchaseOrderNumber paymentTermsDays tags channelReference
      placedBy { kind label } customer { email } notes { text }
      totals { grandTotal { amount } tax { amount } discounts { amount } }
      lines { id sku quantity quantityReserved quantityBackordered unitPrice { amount } discount { amount } total { amount } }
      fulfillments { state location { code } } promise { deliverBy } }
    userErrors { code message field details } } }";
pub const ORDER_EDIT: &str = "mutation($input: OrderEditInput!, $key: String) {
  orderEdit(input: $input, idempotencyKey: $key) {
    order { id number version state onHold paymentState
      totals { items { amount } shipping { amount } discounts { amount } tax { amount } grandTotal { amount } paid { amount } refunded { amount } outstanding { amount } }
      lines { id sku quantity quantityReserved quantityBackordered quantityCancelled discount { amount } total { amount } }
      fulfillments { id number state location { code } destination { city } lines { sku quantity } } }
    userErrors { code message field details } } }";
pub const EDIT_PREVIEW: &str = "query($input: OrderEditInput!) { orderEditPreview(input: $input) {
    totalsBefore { grandTotal { amount } } totalsAfter { grandTotal { amount } tax { amount } discounts { amount } }
    toCharge { amount } toRefund { amount } routing { location { code } decidedBy }
    userErrors { code message field details } } }";
pub const LINE_SUBSTITUTE: &str = "mutation($input: LineSubstituteInput!, $key: String) {
  lineSubstitute(input: $input, idempotencyKey: $key) {
    order { id totals { grandTotal { amount } discounts { amount } refunded { amount } }
      lines { id sku quantity quantityReserved quantityCancelled unitPrice { amount } discount { amount } total { amount } substitutesFor { sku } } }
    userErrors { code message field details } } }";
pub const DELIVERY_SERVICE_DEFINE: &str = "mutation($input: DeliveryServiceInput!, $key: String) {
  deliveryServiceDefine(input: $input, idempotencyKey: $key) {
    deliveryService { id code transitDays } userErrors { code message field } } }";
pub const RISK_DECIDE: &str = "mutation($input: RiskDecideInput!, $key: String) {
  riskDecide(input: $input, idempotencyKey: $key) {
    order { id state onHold cancelReason paymentState risk { score level decision } fulfillments { state } }
    userErrors { code message field } } }";
pub const RISK_RULE_DEFINE: &str = "mutation($input: RiskRuleInput!, $key: String) {
  riskRuleDefine(input: $input, idempotencyKey: $key) {
    riskRule { code active points threshold windowHours minimumOrders } userErrors { code message field } } }";
pub const RISK_LIST_ADD: &str = "mutation($input: RiskListAddInput!, $key: String) {
  riskListAdd(input: $input, idempotencyKey: $key) { entryId userErrors { code message field } } }";
pub const RISK_LIST_REMOVE: &str = "mutation($input: RiskListRemoveInput!, $key: String) {
  riskListRemove(input: $input, idempotencyKey: $key) { entryId userErrors { code message field } } }";
pub const FULFILLMENT_START: &str =
    "mutation($input: FulfillmentStartPickingInput!, $key: String) {
  fulfillmentStartPicking(input: $input, idempotencyKey: $key) {
    fulfillments { id state assignee { name } } userErrors { code message field } } }";
pub const TRACKING_REPORT: &str = "mutation($input: TrackingReportInput!, $key: String) {
  trackingReport(input: $input, idempotencyKey: $key) {
    parcel { id status deliveredAt fulfillment { state deliveredAt } events { status at place } }
    userErrors { code message field } } }";
pub const ROUTING_DEFINE: &str = "mutation($input: RoutingStrategyInput!, $key: String) {
  routingStrategyDefine(input: $input, idempotencyKey: $key) {
    routingStrategy { id name rules maxSplits splitAboveValue active priority channel { code } }
    userErrors { code message field } } }";
pub const ORDERS_CONSOLIDATE: &str = "mutation($input: OrdersConsolidateInput!, $key: String) {
  ordersConsolidate(input: $input, idempotencyKey: $key) {
    fulfillments { id number state orderNumbers shipBy lines { sku quantity orderLine { id } } orders { number } }
    orders { number totals { shipping { amount } grandTotal { amount } refunded { amount } } }
    userErrors { code message field } } }";
pub const ROUTING_SIMULATE: &str = "query($input: RoutingStrategyInput!, $at: DateTimeRange!) {
  routingSimulate(input: $input, placedAt: $at) { orderCount splitRate averageDistanceKm unroutable changedOrders
    byLocation { location { code } fulfillments } } }";
pub const AVAILABILITY: &str = "query($input: AvailabilityInput!) { availability(input: $input) { deliverBy splitCount
    lines { sku requested available backorderableFrom locations { location { code } available } } } }";
pub const NOTE_ADD: &str = "mutation($input: NoteAddInput!, $key: String) {
  noteAdd(input: $input, idempotencyKey: $key) {
    note { id text subjectId author { kind label } mentions { name } }
    userErrors { code message field } } }";

pub const PAYMENT_RECORD: &str = "mutation($input: PaymentRecordForOrderInput!, $key: String) {
  paymentRecord(input: $input, idempotencyKey: $key) { payment { id version state provider method authorized { amount } captured { amount } refunded { amount } refundable { amount }
      transactions { id kind state amount { amount } providerReference message } order { state paymentState totals { paid { amount } refunded { amount } outstanding { amount } } flags { code } } }
    refundRequest { id state amount { amount } reason } userErrors { code message field details } } }";
pub const PAYMENT_REPORT: &str = "mutation($input: PaymentTransactionReportInput!, $key: String) {
  paymentTransactionReport(input: $input, idempotencyKey: $key) { payment { id version state provider method authorized { amount } captured { amount } refunded { amount } refundable { amount }
      transactions { id kind state amount { amount } providerReference message } order { state paymentState totals { paid { amount } refunded { amount } outstanding { amount } } flags { code } } }
    refundRequest { id state amount { amount } reason } userErrors { code message field details } } }";
pub const PAYMENT_CAPTURE: &str = "mutation($input: PaymentAmountInput!, $key: String) {
  paymentCapture(input: $input, idempotencyKey: $key) { payment { id version state provider method authorized { amount } captured { amount } refunded { amount } refundable { amount }
      transactions { id kind state amount { amount } providerReference message } order { state paymentState totals { paid { amount } refunded { amount } outstanding { amount } } flags { code } } }
    refundRequest { id state amount { amount } reason } userErrors { code message field details } } }";
pub const PAYMENT_VOID: &str = "mutation($input: PaymentIdInput!, $key: String) {
  paymentVoid(input: $input, idempotencyKey: $key) { payment { id version state provider method authorized { amount } captured { amount } refunded { amount } refundable { amount }
      transactions { id kind state amount { amount } providerReference message } order { state paymentState totals { paid { amount } refunded { amount } outstanding { amount } } flags { code } } }
    refundRequest { id state amount { amount } reason } userErrors { code message field details } } }";
pub const PAYMENT_REFUND: &str = "mutation($input: PaymentRefundInput!, $key: String) {
  paymentRefund(input: $input, idempotencyKey: $key) { payment { id version state provider method authorized { amount } captured { amount } refunded { amount } refundable { amount }
      transactions { id kind state amount { amount } providerReference message } order { state paymentState totals { paid { amount } refunded { amount } outstanding { amount } } flags { code } } }
    refundRequest { id state amount { amount } reason } userErrors { code message field details } } }";
pub const REFUND_DECIDE: &str = "mutation($input: RefundRequestDecideInput!, $key: String) {
  refundRequestDecide(input: $input, idempotencyKey: $key) {
    refundRequest { id state note requestedBy { label } decidedBy { label } payment { refunded { amount } } } userErrors { code message field } } }";
pub const GIFT_CARD_ISSUE: &str = "mutation($input: GiftCardIssueInput!, $key: String) {
  giftCardIssue(input: $input, idempotencyKey: $key) { code giftCard { id hint balance { amount currencyCode } issued { amount } expiresAt active customer { id } }
    userErrors { code message field } } }";
pub const GIFT_CARD: &str = "query($code: String!) { giftCard(code: $code) { id hint active expiresAt balance { amount } reserved { amount } issued { amount }
    entries(first: 100) { totalCount nodes { amount { amount } reason subjectId by { label } } } } }";
pub const STORE_CREDIT_GRANT: &str = "mutation($input: StoreCreditGrantInput!, $key: String) {
  storeCreditGrant(input: $input, idempotencyKey: $key) {
    customer { id storeCredit { id balance { amount currencyCode } reserved { amount } expiresAt entries(first: 100) { nodes { amount { amount } reason subjectId } } } }
    refundRequest { id state amount { amount } reason payment { id } customer { id } } userErrors { code message field } } }";
pub const INVOICE_PAY: &str = "mutation($input: InvoicePaymentRecordInput!, $key: String) {
  invoicePaymentRecord(input: $input, idempotencyKey: $key) {
    invoice { id number outstanding { amount } order { totals { outstanding { amount } } payments { provider captured { amount } } } }
    userErrors { code message field details } } }";
pub const SETTLEMENT_IMPORT: &str = "mutation($input: SettlementReportImportInput!, $key: String) {
  settlementReportImport(input: $input, idempotencyKey: $key) { duplicate report { id version state reference provider providerAccount lineCount matchedCount exceptionCount differences faults { message }
    totals { currencyCode gross { amount } fees { amount } net { amount } payouts { amount } opening { amount } closing { amount } } payouts { id reference state amount { amount } } supersedes { id state } } userErrors { code message field } } }";
pub const STATEMENT_IMPORT: &str = "mutation($input: BankStatementImportInput!, $key: String) {
  bankStatementImport(input: $input, idempotencyKey: $key) { duplicate statements { id account reference from to opening { amount } closing { amount } lines { nodes { id amount { amount } bookedAt reference description matches { id rule state confidence payout { reference state } invoice { id } } exception { id kind state } } } } userErrors { code message field } } }";
pub const MATCH_CREATE: &str = "mutation($input: MatchCreateInput!, $key: String) {
  matchCreate(input: $input, idempotencyKey: $key) { matches { id state rule amount { amount } } userErrors { code message field } } }";
pub const MATCH_CONFIRM: &str = "mutation($input: MatchIdInput!, $key: String) {
  matchConfirm(input: $input, idempotencyKey: $key) { matches { id state rule amount { amount } } userErrors { code message field } } }";
pub const MATCH_UNDO: &str = "mutation($input: MatchIdInput!, $key: String) {
  matchUndo(input: $input, idempotencyKey: $key) { matches { id state rule amount { amount } } userErrors { code message field } } }";
pub const CASE_OPEN: &str = "mutation($input: CaseOpenInput!, $key: String) {
  caseOpen(input: $input, idempotencyKey: $key) { case { id version number state kind priority contactChannel subject subjectId dueAt customer { id } order { number } return { number } assignee { id } messages { nodes { direction text internal author { label } } } } userErrors { code message field } } }";
pub const CASE_REPLY: &str = "mutation($input: CaseReplyInput!, $key: String) {
  caseReply(input: $input, idempotencyKey: $key) { case { id version state dueAt firstRespondedAt reopened messages { nodes { id direction text internal author { label } } } } userErrors { code message field } } }";
pub const CASE_UPDATE: &str = "mutation($input: CaseUpdateInput!, $key: String) {
  caseUpdate(input: $input, idempotencyKey: $key) { case { id version state kind priority subject dueAt } userErrors { code message field } } }";
pub const CASE_ASSIGN: &str = "mutation($input: CaseAssignInput!, $key: String) {
  caseAssign(input: $input, idempotencyKey: $key) { case { id version assignee { id } } userErrors { code message field } } }";
pub const CASE_RESOLVE: &str = "mutation($input: CaseResolveInput!, $key: String) {
  caseResolve(input: $input, idempotencyKey: $key) { case { id version state resolvedAt resolution satisfaction dueAt goodwill { amount { amount currencyCode } reason subjectId } } userErrors { code message field } } }";
pub const CASE_REOPEN: &str = "mutation($input: CaseIdInput!, $key: String) {
  caseReopen(input: $input, idempotencyKey: $key) { case { id version state reopened dueAt resolution } userErrors { code message field } } }";
pub const PROCEDURE_DEFINE: &str = "mutation($input: ProcedureDefineInput!, $key: String) {
  procedureDefine(input: $input, idempotencyKey: $key) { procedure { id version name active trigger condition steps { name dueWithin warnAtPercent completedBy ownerRole { name } } } userErrors { code message field } } }";
pub const TASKS: &str = "query($filter: TaskFilter) { tasks(filter: $filter) { nodes { id version state stepName subjectId procedureVersion dueAt startedAt completedAt completedBy { label } note pausedAt pausedSeconds secondsLeft overdue warnedAt escalatedAt ownerRole { name } assignee { id } } } }";
pub const TASK_ASSIGN: &str = "mutation($input: TaskAssignInput!, $key: String) {
  taskAssign(input: $input, idempotencyKey: $key) { task { id version state assignee { id } } userErrors { code message field } } }";
pub const TASK_COMPLETE: &str = "mutation($input: TaskCompleteInput!, $key: String) {
  taskComplete(input: $input, idempotencyKey: $key) { task { id version state note completedAt completedBy { label } } userErrors { code message field } } }";
pub const TASK_SKIP: &str = "mutation($input: TaskSkipInput!, $key: String) {
  taskSkip(input: $input, idempotencyKey: $key) { task { id version state note } userErrors { code message field } } }";
pub const CUSTOMER_UPSERT: &str = "mutation($input: CustomerUpsertInput!, $key: String) {
  customerUpsert(input: $input, idempotencyKey: $key) { customer { id version number name email phone company tags identities { kind value verified } addresses { city } } userErrors { code message field } } }";
pub const SEGMENT_DEFINE: &str = "mutation($input: SegmentDefineInput!, $key: String) {
    segmentDefine(input: $input, idempotencyKey: $key) { segment { id name filter customerCount } userErrors { code field message } } }";
pub const CUSTOMER_MERGE: &str = "mutation($input: CustomerMergeInput!, $key: String) {
    customerMerge(input: $input, idempotencyKey: $key) { customer { id number version name email phone tags identities { kind value } mergedFrom { id mergedInto { id } } } userErrors { code message field } } }";
pub const CUSTOMER_UNMERGE: &str = "mutation($input: CustomerUnmergeInput!, $key: String) {
    customerUnmerge(input: $input, idempotencyKey: $key) { customers { id number name email phone tags } userErrors { code message field } } }";
pub const PRIVACY_OPEN: &str = "mutation($input: PrivacyRequestOpenInput!, $key: String) {
    privacyRequestOpen(input: $input, idempotencyKey: $key) { privacyRequest { id kind state dueAt completedAt blockedBy refusedBecause extendedBecause export retained customer { id name erasedAt } } userErrors { code message field } } }";
pub const PRIVACY_COMPLETE: &str = "mutation($input: PrivacyRequestIdInput!, $key: String) {
    privacyRequestComplete(input: $input, idempotencyKey: $key) { privacyRequest { id kind state dueAt completedAt blockedBy refusedBecause extendedBecause export retained customer { id name erasedAt } } userErrors { code message field } } }";
pub const PRIVACY_REFUSE: &str = "mutation($input: PrivacyRequestReasonInput!, $key: String) {
    privacyRequestRefuse(input: $input, idempotencyKey: $key) { privacyRequest { id kind state dueAt completedAt blockedBy refusedBecause extendedBecause export retained customer { id name erasedAt } } userErrors { code message field } } }";
pub const PRIVACY_EXTEND: &str = "mutation($input: PrivacyRequestReasonInput!, $key: String) {
    privacyRequestExtend(input: $input, idempotencyKey: $key) { privacyRequest { id kind state dueAt completedAt blockedBy refusedBecause extendedBecause export retained customer { id name erasedAt } } userErrors { code message field } } }";
pub const CONSENT_RECORD: &str = "mutation($input: ConsentRecordInput!, $key: String) {
  consentRecord(input: $input, idempotencyKey: $key) { customer { id consents { purpose granted source at } } userErrors { code message field } } }";
pub const RETURN_POLICY_UPSERT: &str = "mutation($input: ReturnPolicyUpsertInput!, $key: String) {
  returnPolicyUpsert(input: $input, idempotencyKey: $key) { returnPolicy { id version name windowDays refundWithinDays restockingFeeRate customerPaysShipping statutory refundTrigger priority active tags countryCodes reasons evidenceReasons channel { code } returnShipping { amount } standardShipping { amount } } userErrors { code message field } } }";
pub const RETURN_REQUEST: &str = "mutation($input: ReturnRequestInput!, $key: String) {
  returnRequest(input: $input, idempotencyKey: $key) { return { id version number state kind refundDueAt pausedSince daysLeft overdue policyOverridden policy { name } lines { id sku quantity reason } quote { total { amount } } } userErrors { code message field } } }";
pub const RETURN_APPROVE: &str = "mutation($input: ReturnApproveInput!, $key: String) {
  returnApprove(input: $input, idempotencyKey: $key) { return { id version state approvedAt refundDueAt pausedSince daysLeft overdue } userErrors { code message field } } }";
pub const RETURN_REJECT: &str = "mutation($input: ReturnRejectInput!, $key: String) {
  returnReject(input: $input, idempotencyKey: $key) { return { id version state rejectedBecause refundDueAt } userErrors { code message field } } }";
pub const RETURN_CANCEL: &str = "mutation($input: ReturnIdInput!, $key: String) {
  returnCancel(input: $input, idempotencyKey: $key) { return { id version state } userErrors { code message field } } }";
pub const RETURN_RECEIVE: &str = "mutation($input: ReturnReceiveInput!, $key: String) {
  returnReceive(input: $input, idempotencyKey: $key) { return { id version state receivedAt refundDueAt location { id } lines { id sku quantity quantityReceived orderLine { id } } quote { total { amount } } } userErrors { code message field } } }";
pub const RETURN_INSPECT: &str = "mutation($input: ReturnInspectInput!, $key: String) {
  returnInspect(input: $input, idempotencyKey: $key) { return { id version state refundDueAt lines { id inspections { quantity condition disposition refundable note inspectedBy { __typename } } } quote { total { amount } } } userErrors { code message field } } }";
pub const RETURN_RESOLVE: &str = "mutation($input: ReturnResolveInput!, $key: String) {
  returnResolve(input: $input, idempotencyKey: $key) { return { id version state resolvedAt resolution note overdue daysLeft quote { items { amount } tax { amount } shipping { amount } restockingFee { amount } returnShipping { amount } total { amount } } storeCredit { amount } refunds { id amount { amount } state return { id } } } userErrors { code message field } } }";
pub const RETURN_STAGE: &str = "mutation($input: ReturnStageInput!, $key: String) {
  returnStage(input: $input, idempotencyKey: $key) { return { id version number state order { id } lines { id sku quantity quantityReceived } } userErrors { code message field } } }";
pub const RETURN_ASSIGN: &str = "mutation($input: ReturnAssignInput!, $key: String) {
  returnAssign(input: $input, idempotencyKey: $key) { return { id version state policy { name } order { id } lines { id sku quantity quantityReceived orderLine { id } } quote { total { amount } } } userErrors { code message field } } }";
pub const CARRIER_CLAIM_RECORD: &str = "mutation($input: CarrierClaimRecordInput!, $key: String) {
  carrierClaimRecord(input: $input, idempotencyKey: $key) { return { id version carrierClaim { reference state claimed { amount } recovered { amount } filedAt resolvedAt } } userErrors { code message field } } }";
pub const FEE_AGREEMENTS_SET: &str = "mutation($input: FeeAgreementsSetInput!, $key: String) {
  feeAgreementsSet(input: $input, idempotencyKey: $key) { agreements { provider kind method currencyCode from rate fixed { amount currencyCode } } userErrors { code message field } } }";
pub const TOLERANCES_SET: &str = "mutation($input: ReconciliationTolerancesSetInput!, $key: String) {
  reconciliationTolerancesSet(input: $input, idempotencyKey: $key) { tolerances { currencyCode line { amount } batchPerLine { amount } batch { amount } bankCharge { amount } bankChargeAbroad { amount } fee { amount } feeRate } userErrors { code message field } } }";
pub const EXCEPTION_RESOLVE: &str = "mutation($input: ExceptionResolveInput!, $key: String) {
  exceptionResolve(input: $input, idempotencyKey: $key) { exception { id kind state resolution note } userErrors { code message field } } }";
pub const EXCEPTION_DECIDE: &str = "mutation($input: ExceptionDecideInput!, $key: String) {
  exceptionDecide(input: $input, idempotencyKey: $key) { exception { id kind state resolution note } userErrors { code message field } } }";
pub const EXCEPTION_REOPEN: &str = "mutation($input: ExceptionReopenInput!, $key: String) {
  exceptionReopen(input: $input, idempotencyKey: $key) { exception { id kind state resolution note } userErrors { code message field } } }";
pub const DISPUTE_RECORD: &str = "mutation($input: DisputeRecordInput!, $key: String) {
  disputeRecord(input: $input, idempotencyKey: $key) { dispute { id state stage amount { amount } fee { amount } reason refundedToo openedAt evidenceDueAt evidenceSentAt resolvedAt payment { state disputed { amount } refundable { amount } order { paymentState } } } userErrors { code message field } } }";
pub const DISPUTE_SUBMIT: &str = "mutation($input: DisputeSubmitEvidenceInput!, $key: String) {
  disputeSubmitEvidence(input: $input, idempotencyKey: $key) { dispute { id state stage amount { amount } fee { amount } reason refundedToo openedAt evidenceDueAt evidenceSentAt resolvedAt payment { state disputed { amount } refundable { amount } order { paymentState } } } userErrors { code message field } } }";
pub const DISPUTE_RESOLVE: &str = "mutation($input: DisputeResolveInput!, $key: String) {
  disputeResolve(input: $input, idempotencyKey: $key) { dispute { id state stage amount { amount } fee { amount } reason refundedToo openedAt evidenceDueAt evidenceSentAt resolvedAt payment { state disputed { amount } refundable { amount } order { paymentState } } } userErrors { code message field } } }";
pub const EXCHANGE_RATES_SET: &str = "mutation($input: ExchangeRatesSetInput!, $key: String) {
  exchangeRatesSet(input: $input, idempotencyKey: $key) {
    rates { base currencyCode on rate source } userErrors { code message field } } }";
pub const TAX_RATES_SET: &str = "mutation($input: TaxRatesSetInput!, $key: String) {
  taxRatesSet(input: $input, idempotencyKey: $key) {
    rates { countryCode category from rate } userErrors { code message field } } }";
pub const PERIOD_CLOSE: &str = "mutation($input: PeriodCloseInput!, $key: String) {
  periodClose(input: $input, idempotencyKey: $key) {
    legalEntity { id closedThrough } userErrors { code message field } } }";
pub const JOURNAL_ENTRY_REVERSE: &str = "mutation($input: JournalEntryReverseInput!, $key: String) {
  journalEntryReverse(input: $input, idempotencyKey: $key) {
    journalEntry { id number description reverses { id reversedBy { id } } postings { account { code } debit { amount } credit { amount } } }
    userErrors { code message field } } }";

pub struct Shop {
    pub admin: Client,
    pub entity: String,
    pub web: String,
    pub market: String,
    pub berlin: String,
    pub hamburg: String,
    pub store: String,
}

/// A logistics partner.
pub struct Partner {
    pub location: String,
    pub channel: String,
}

/// Documents that move stock, one for each thing that is done with one.
pub struct Documents {
    pub supplier: String,
    /// To ship, to cancel, and under way.
    pub transfers: [Json; 3],
    /// To place, to update and to cancel, and one that is expected.
    pub purchase_orders: [Json; 4],
    /// To record, to close and to cancel.
    pub counts: [Json; 3],
}

/// Money of the web shop, one for each thing that is done with some.
pub struct Money {
    /// Two authorized, one promised, one captured.
    pub payments: [Json; 4],
    /// On terms, and not paid.
    pub invoice: Json,
    /// To give something back of the last payment.
    pub request: Json,
    /// To answer, and to end.
    pub disputes: [Json; 2],
    /// To give something to.
    pub customer: Json,
    /// Cases of theirs, to work on and to open again.
    pub cases: [Json; 2],
    /// The order that the first is about.
    pub asked_about: String,
    /// Another customer.
    pub namesake: Json,
    /// What two more ask of their data.
    pub requests: [Json; 2],
}

/// Settlements of the web shop, one for each thing that is done with some.
pub struct Settlements {
    /// A line of 5.00 that nothing explains, with the difference that it raised, and a capture of as much.
    pub line: Json,
    pub line_exception: Json,
    pub transaction: Json,
    /// An entry that nothing explains, with its difference.
    pub bank_line: Json,
    pub bank_exception: Json,
    /// A match that is proposed, and one that was made.
    pub matches: [Json; 2],
    /// To resolve, to decide and to open again.
    pub exceptions: [Json; 3],
}

/// Returns of an order that has arrived, one for each thing that is done with one.
pub struct Returns {
    pub order: Json,
    /// Its line, of which units are left to return.
    pub line: Json,
    pub policy: Json,
    /// A parcel that was sent.
    pub parcel: Json,
    /// To approve, to reject and to cancel.
    pub asked: [Json; 3],
    /// Others with their lines: one that was agreed to, one that arrived, one that was looked at.
    pub agreed: [(Json, Json); 3],
    pub claim: Json,
    /// A parcel that nobody announced.
    pub staged: Json,
}

/// What somebody has to do.
pub struct ToDo {
    /// A procedure that is switched off.
    pub procedure: Json,
    /// Three tasks that it started: to be assigned, completed and skipped.
    pub tasks: [Json; 3],
    /// The order that they are about.
    pub order: Json,
}

impl Shop {
    /// Channels `web` (Berlin, Hamburg, store) and `market` (Hamburg); SKUs A 10.00, B 20.00,
    /// C 33.33, D 5.00 (7 %), and the bundle SET of two A and one B at 35.00; taxes of 19 % included.
    /// Ten of each SKU in Berlin, five in Hamburg, two in the store.
    pub async fn open(app: &TestApp) -> Self {
        let admin = app.admin().await;
        let entity = json!({ "name": "Shop GmbH", "countryCode": "DE", "baseCurrency": "EUR" });
        let made = admin.done(LEGAL_ENTITY_UPSERT, entity).await;
        let entity = text(&made["legalEntity"]["id"]);
        let berlin = place(&admin, "berlin", "WAREHOUSE", false).await;
        let hamburg = place(&admin, "hamburg", "WAREHOUSE", false).await;
        let store = place(&admin, "store", "STORE", true).await;
        let web = channel(&admin, &entity, "web", "WEB", &[&berlin, &hamburg, &store]).await;
        let market = channel(&admin, &entity, "market", "MARKETPLACE", &[&hamburg]).await;
        let shop = Self { admin, entity, web, market, berlin, hamburg, store };
        shop.stock_shelves().await;
        shop
    }

    /// Money, one for each thing that is done with some.
    pub async fn money(&self, app: &TestApp) -> Money {
        let mut payments = [Json::Null, Json::Null, Json::Null, Json::Null];
        let given = ["authorized", "authorized", "pending", "captured"];
        let digital = |payment: Json| {
            let mut order = self.order(&[("D", 1)]);
            order["deliveryMethod"] = json!("DIGITAL");
            order["payments"] = json!([payment]);
            order
        };
        let query =
            "query($id: ID!) { order(by: { id: $id }) { payments { id } invoices { id } } }";
        for (payment, given) in payments.iter_mut().zip(given) {
            let mut order = digital(json!({ "provider": "psp", "method": "card", given: "5.00" }));
            if given == "authorized" {
                // Nothing leaves, so that it stays as it is.
                order["deliveryMethod"] = json!("SHIP");
            }
            let order = self.place(order).await;
            let found = self.admin.payload(query, json!({ "id": order["id"] })).await;
            *payment = found["payments"][0]["id"].clone();
        }
        let mut order = digital(Json::Null);
        order["payments"] = json!([]);
        order["paymentTermsDays"] = json!(14);
        let order = self.place(order).await;
        let found = self.admin.payload(query, json!({ "id": order["id"] })).await;
        let role = json!({ "name": "asks", "permissions": ["ORDERS_READ", "PAYMENTS_READ", "REFUNDS_WRITE"], "refundLimit": "0" });
        self.admin.done(ROLE_DEFINE, role).await;
        let clerk = app.signed_in("asks@shop.example", "asks").await;
        let ask = json!({ "paymentId": payments[3], "amount": "2.00", "reason": "x", "requestApproval": true });
        let asked = clerk.done(PAYMENT_REFUND, ask).await;
        let request = asked["refundRequest"]["id"].clone();
        let mut disputes = [Json::Null, Json::Null];
        for dispute in &mut disputes {
            let order = digital(json!({ "provider": "psp", "method": "card", "captured": "5.00" }));
            let order = self.place(order).await;
            let found = self.admin.payload(query, json!({ "id": order["id"] })).await;
            let taken =
                json!({ "paymentId": found["payments"][0]["id"], "amount": "5.00", "reason": "x" });
            *dispute = self.admin.done(DISPUTE_RECORD, taken).await["dispute"]["id"].clone();
        }
        let customer = self.customer("money@example.com").await;
        let invoice = found["invoices"][0]["id"].clone();
        let mut cases = [Json::Null, Json::Null];
        let asked_about = text(&order["id"]);
        for case in &mut cases {
            let asked = json!({ "customer": { "id": customer }, "orderId": asked_about, "kind": "OTHER", "subject": "x", "contactChannel": "PHONE" });
            *case = self.admin.done(CASE_OPEN, asked).await["case"]["id"].clone();
        }
        self.admin.done(CASE_RESOLVE, json!({ "caseId": cases[1], "resolution": "x" })).await;
        let namesake = self.customer("namesake@example.com").await;
        let mut requests = [Json::Null, Json::Null];
        for (index, request) in requests.iter_mut().enumerate() {
            let whose = self.customer(&format!("asks-{index}@example.com")).await;
            let asked = json!({ "customerId": whose, "kind": "ERASURE" });
            *request = self.admin.done(PRIVACY_OPEN, asked).await["privacyRequest"]["id"].clone();
        }
        Money {
            payments,
            invoice,
            request,
            disputes,
            customer,
            cases,
            asked_about,
            namesake,
            requests,
        }
    }

    /// Settlements, one for each thing that is done with some.
    pub async fn settlements(&self, app: &TestApp, money: &Money) -> Settlements {
        let row =
            |name: usize| format!("CAPTURE,EUR,5.00,5.00,unknown-{name},7,,2026-01-05 10:00:00\n");
        let sent = |name: &str, amount: &str| {
            format!(
                "BALANCE_TRANSFER,EUR,{amount},{amount},,{name},,2026-01-05 10:00:00\nPAYOUT,EUR,-{amount},-{amount},,{name},{name},2026-01-06 10:00:00\n"
            )
        };
        let head = "type,currency,gross,net,provider_reference,batch,payout,booked_at\n";
        let file = head.to_owned()
            + &(0..4).map(row).collect::<String>()
            + &sent("T-1001", "10.00")
            + &sent("T-1002", "20.00")
            + &sent("T-1003", "7.00");
        let input = json!({ "provider": "psp", "format": "GENERIC_CSV", "content": file });
        self.admin.done(SETTLEMENT_IMPORT, input).await;
        let rows = "account,currency,date,amount,description\nDE99,EUR,2026-01-07,30.00,psp\nDE99,EUR,2026-01-07,7.00,T-1003\nDE99,EUR,2026-01-07,1.50,gift\n";
        let input = json!({ "format": "GENERIC_CSV", "content": rows });
        let statement = self.admin.done(STATEMENT_IMPORT, input).await["statements"][0].clone();
        let lines = statement["lines"]["nodes"].as_array().unwrap().clone();
        let matches = [lines[0]["matches"][0]["id"].clone(), lines[1]["matches"][0]["id"].clone()];
        let query = "query($k: [ReconciliationExceptionKind!]) { reconciliationExceptions(filter: { kinds: $k }) { nodes { id settlementLine { id } } } }";
        let found = self.admin.payload(query, json!({ "k": ["MISSING_IN_LEDGER"] })).await;
        let found = found["nodes"].as_array().unwrap().clone();
        let id = |place: usize| found[place]["id"].clone();
        let role = json!({ "name": "writes", "permissions": ["SETTLEMENTS_READ", "SETTLEMENTS_WRITE"], "refundLimit": "0" });
        self.admin.done(ROLE_DEFINE, role).await;
        let clerk = app.signed_in("writes@shop.example", "writes").await;
        let resolve =
            |id: Json, how: &str| json!({ "exceptionId": id, "resolution": how, "note": "x" });
        clerk.done(EXCEPTION_RESOLVE, resolve(id(1), "WRITTEN_OFF")).await;
        self.admin.done(EXCEPTION_RESOLVE, resolve(id(2), "MOVED_TO_SUSPENSE")).await;
        let query =
            "query($id: ID!) { node(id: $id) { ... on Payment { transactions { id kind } } } }";
        let steps = self.admin.payload(query, json!({ "id": money.payments[3] })).await;
        let steps = steps["transactions"].as_array().unwrap().clone();
        let capture = steps.iter().find(|step| step["kind"] == "CAPTURE").unwrap();
        Settlements {
            line: found[3]["settlementLine"]["id"].clone(),
            line_exception: id(3),
            transaction: capture["id"].clone(),
            bank_line: lines[2]["id"].clone(),
            bank_exception: lines[2]["exception"]["id"].clone(),
            matches,
            exceptions: [id(0), id(1), id(2)],
        }
    }

    /// Returns of a customer, to Berlin, one for each thing that is done with one.
    pub async fn returns(&self, customer: &Json) -> Returns {
        let policy = json!({ "name": "Thirty days", "windowDays": 30, "refundWithinDays": 7 });
        let policy = self.admin.done(RETURN_POLICY_UPSERT, policy).await["returnPolicy"].clone();
        let more = json!([{ "sku": "D", "quantity": 15 }]);
        let more = json!({ "locationId": self.berlin, "lines": more });
        self.admin.done(STOCK_RECEIVE, more).await;
        let mut order = self.paid(&[("D", 15)]);
        order["customer"] = json!({ "id": customer });
        let order = self.place(order).await;
        self.ship(&self.work(&order, 0).await).await;
        let found = self.read(&order).await;
        let line = found["lines"][0]["id"].clone();
        let units = json!([{ "orderLineId": line, "quantity": 1, "reason": "CHANGED_MIND" }]);
        let input = json!({ "orderId": order["id"], "kind": "RETURN", "lines": units, "locationId": self.berlin });
        let ask = async || {
            let made = self.admin.done(RETURN_REQUEST, input.clone()).await["return"].clone();
            (made["id"].clone(), made["lines"][0]["id"].clone())
        };
        let mut asked = [Json::Null, Json::Null, Json::Null];
        for one in &mut asked {
            *one = ask().await.0;
        }
        let agreed = [ask().await, ask().await, ask().await];
        for (place, (id, line)) in agreed.iter().enumerate() {
            self.admin.done(RETURN_APPROVE, json!({ "returnId": id })).await;
            let units = json!([{ "returnLineId": line, "quantity": 1 }]);
            if place > 0 {
                self.admin.done(RETURN_RECEIVE, json!({ "returnId": id, "lines": units })).await;
            }
            let found = json!([{ "returnLineId": line, "quantity": 1, "condition": "NEW", "disposition": "RESTOCK" }]);
            if place > 1 {
                self.admin.done(RETURN_INSPECT, json!({ "returnId": id, "lines": found })).await;
            }
        }
        let query = "query($id: ID) { fulfillments(filter: { orderId: $id }) { nodes { parcels { id } } } }";
        let found = self.admin.payload(query, json!({ "id": order["id"] })).await;
        let parcel = found["nodes"][0]["parcels"][0]["id"].clone();
        let (order, policy) = (order["id"].clone(), policy["id"].clone());
        let mut claim = input.clone();
        claim["kind"] = json!("CLAIM");
        let claim = self.admin.done(RETURN_REQUEST, claim).await["return"]["id"].clone();
        let blind = json!({ "locationId": self.berlin, "lines": [{ "sku": "D", "quantity": 1 }] });
        let staged = self.admin.done(RETURN_STAGE, blind).await["return"]["id"].clone();
        Returns { order, line, policy, parcel, asked, agreed, claim, staged }
    }

    async fn stock_shelves(&self) {
        let variant = |sku: &str, price: &str, rate: &str| {
            json!({ "sku": sku, "name": format!("Thing {sku}"), "unitCost": { "amount": "4.00", "currencyCode": "EUR" },
              "prices": [{ "channelId": self.web, "amount": price, "taxRate": rate },
                         { "channelId": self.market, "amount": price, "taxRate": rate }] })
        };
        let mut set = variant("SET", "35.00", "0.19");
        set["components"] = json!([{ "sku": "A", "quantity": 2 }, { "sku": "B", "quantity": 1 }]);
        let products = json!({ "products": [
            { "name": "Things", "variants": [variant("A", "10.00", "0.19"), variant("B", "20.00", "0.19")] },
            { "name": "More", "variants": [variant("C", "33.33", "0.19"), variant("D", "5.00", "0.07")] },
            { "name": "Set", "variants": [set] },
        ] });
        self.admin.done(PRODUCTS_UPSERT, products).await;
        for (location, quantity) in [(&self.berlin, 10), (&self.hamburg, 5), (&self.store, 2)] {
            let lines: Vec<Json> =
                ["A", "B", "C", "D"].map(|sku| json!({ "sku": sku, "quantity": quantity })).into();
            self.admin.done(STOCK_RECEIVE, json!({ "locationId": location, "lines": lines })).await;
        }
    }

    /// The same, authorized for more than enough.
    pub fn paid(&self, lines: &[(&str, i32)]) -> Json {
        let mut order = self.order(lines);
        order["payments"] =
            json!([{ "provider": "manual", "method": "card", "authorized": "1000.00" }]);
        order
    }

    /// The same, sent to where Ada lives.
    pub fn sent_home(&self, lines: &[(&str, i32)]) -> Json {
        let mut order = self.paid(lines);
        let account = json!({ "kind": "CHANNEL_ACCOUNT", "value": "ada", "channelId": self.web });
        order["customer"] =
            json!({ "create": { "email": "ada@example.com", "identities": [account] } });
        order["shippingAddress"] =
            json!({ "line1": "Weg 1", "postalCode": "53111", "city": "Bonn", "countryCode": "DE" });
        order
    }

    /// A logistics partner with five of A and B, and a channel that it serves alone.
    pub async fn partner(&self) -> Partner {
        let location = place(&self.admin, "partner", "THIRD_PARTY", false).await;
        let lines = json!([{ "sku": "A", "quantity": 5 }, { "sku": "B", "quantity": 5 }]);
        let input = json!({ "locationId": location, "lines": lines });
        self.admin.done(STOCK_RECEIVE, input).await;
        let kind = "CONTACT_CENTER";
        let channel = channel(&self.admin, &self.entity, "phone", kind, &[&location]).await;
        let prices = |sku: &str, price: &str| {
            json!({ "sku": sku, "name": format!("Thing {sku}"),
                    "prices": [{ "channelId": channel, "amount": price, "taxRate": "0.19" }] })
        };
        let variants = json!([prices("A", "10.00"), prices("B", "20.00")]);
        let products = json!({ "products": [{ "name": "Things", "variants": variants }] });
        self.admin.done(PRODUCTS_UPSERT, products).await;
        Partner { location, channel }
    }

    /// An order as it stands.
    pub async fn read(&self, order: &Json) -> Json {
        let document = ORDER_HOLD.split_once("order {").expect("an order").1;
        let fields = document.split_once("userErrors").expect("its end").0.trim_end();
        let fields = fields.strip_suffix('}').expect("closed");
        let query = format!("query($id: ID!) {{ order(by: {{ id: $id }}) {{ {fields} }} }}");
        self.admin.payload(&query, json!({ "id": order["id"] })).await
    }

    /// A fulfillment of an order, by its place.
    pub async fn work(&self, order: &Json, index: usize) -> Json {
        self.read(order).await["fulfillments"][index].clone()
    }

    /// Picks and ships a fulfillment whole, in one parcel.
    pub async fn ship(&self, work: &Json) -> Json {
        let input = json!({ "fulfillmentIds": [work["id"]] });
        self.admin.done(FULFILLMENT_START, input).await;
        let mut units: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
        for line in work["lines"].as_array().expect("lines") {
            let quantity = line["quantity"].as_i64().expect("units");
            *units.entry(text(&line["sku"])).or_default() += quantity;
        }
        let lines: Vec<Json> = units
            .into_iter()
            .map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity }))
            .collect();
        let input = json!({ "fulfillmentId": work["id"], "picked": lines });
        self.admin.done(FULFILLMENT_PICK, input).await;
        let input = json!({ "fulfillmentId": work["id"] });
        self.admin.done(FULFILLMENT_SHIP, input).await["fulfillment"].clone()
    }

    /// An order of the web shop for these lines, nothing else.
    pub fn order(&self, lines: &[(&str, i32)]) -> Json {
        let lines: Vec<Json> = lines
            .iter()
            .map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity }))
            .collect();
        json!({ "channelId": self.web, "lines": lines })
    }

    /// The id of a customer who ordered one D.
    pub async fn customer(&self, email: &str) -> Json {
        let mut order = self.order(&[("D", 1)]);
        order["customer"] = json!({ "create": { "email": email } });
        let order = self.place(order).await;
        let query = "query($id: ID!) { order(by: { id: $id }) { customer { id } } }";
        self.admin.payload(query, json!({ "id": order["id"] })).await["customer"]["id"].clone()
    }

    /// Places it and answers with the order.
    pub async fn place(&self, input: Json) -> Json {
        self.admin.done(ORDER_PLACE, input).await["order"].clone()
    }

    /// The id of a role.
    pub async fn role(&self, name: &str) -> Json {
        let roles = self.admin.payload("{ roles { id name } }", json!({})).await;
        let named = |role: &&Json| role["name"] == name;
        roles.as_array().unwrap().iter().find(named).expect("a role of the name")["id"].clone()
    }

    /// A step that a role has to do within some time of what starts it; more of it is added.
    pub async fn step(&self, name: &str, role: &str, within: &str) -> Json {
        json!({ "name": name, "ownerRoleId": self.role(role).await, "dueWithin": within })
    }

    /// A procedure that an event starts.
    pub async fn procedure(&self, name: &str, trigger: &str, steps: Json) -> Json {
        let input = json!({ "name": name, "trigger": trigger, "steps": steps });
        self.admin.done(PROCEDURE_DEFINE, input).await["procedure"].clone()
    }

    /// Tasks as a filter finds them.
    pub async fn tasks(&self, filter: Json) -> Vec<Json> {
        let found = self.admin.payload(TASKS, json!({ "filter": filter })).await;
        found["nodes"].as_array().unwrap().clone()
    }

    /// A procedure that is switched off, and three tasks about an order that it started.
    pub async fn to_do(&self) -> ToDo {
        let mut steps = Vec::new();
        for name in ["assign", "complete", "skip"] {
            steps.push(self.step(name, "operations_manager", "P1D").await);
        }
        let defined = self.procedure("To do", "order.placed", json!(steps)).await;
        let order = self.place(self.order(&[("A", 1)])).await["id"].clone();
        let off = json!({ "procedureId": defined["id"], "name": "To do", "trigger": "order.placed", "steps": steps, "active": false });
        self.admin.done(PROCEDURE_DEFINE, off).await;
        let tasks = self.tasks(json!({ "procedureId": defined["id"] })).await;
        let named = |name: &str| {
            tasks.iter().find(|task| task["stepName"] == name).expect("a task")["id"].clone()
        };
        let tasks = [named("assign"), named("complete"), named("skip")];
        ToDo { procedure: defined["id"].clone(), tasks, order }
    }

    /// A supplier of SKUs in packs of five, ten at least, at 3.00 each, seven days after they were ordered.
    pub async fn supplier(&self, skus: &[&str]) -> String {
        let term = |sku: &&str| json!({ "sku": sku, "unitCost": "3.00", "leadTimeDays": 7, "minimumQuantity": 10, "packSize": 5 });
        let terms: Vec<Json> = skus.iter().map(term).collect();
        let input = json!({ "name": "Maker", "currencyCode": "EUR", "paymentTermsDays": 14, "terms": terms });
        text(&self.admin.done(SUPPLIER_UPSERT, input).await["supplier"]["id"])
    }

    /// A purchase order for a location, sent to the supplier.
    pub async fn ordered(&self, supplier: &str, location: &str, lines: &[(&str, i32)]) -> Json {
        let lines: Vec<Json> =
            lines.iter().map(|(sku, units)| json!({ "sku": sku, "quantity": units })).collect();
        let input = json!({ "supplierId": supplier, "locationId": location, "lines": lines });
        let made = self.admin.done(PURCHASE_ORDER_CREATE, input).await;
        let id = json!({ "purchaseOrderId": made["purchaseOrder"]["id"] });
        self.admin.done(PURCHASE_ORDER_PLACE, id).await["purchaseOrder"].clone()
    }

    /// Documents in Berlin and for it.
    pub async fn documents(&self) -> Documents {
        let lines = json!([{ "sku": "C", "quantity": 1 }]);
        let plan =
            json!({ "fromLocationId": self.berlin, "toLocationId": self.store, "lines": lines });
        let mut transfers = [const { Json::Null }; 3];
        for transfer in &mut transfers {
            let made = self.admin.done(TRANSFER_CREATE, plan.clone()).await;
            *transfer = made["transfer"]["id"].clone();
        }
        self.admin.done(TRANSFER_SHIP, json!({ "transferId": transfers[2] })).await;
        let supplier = self.supplier(&["C"]).await;
        let lines = json!([{ "sku": "C", "quantity": 10 }]);
        let order = json!({ "supplierId": supplier, "locationId": self.berlin, "lines": lines });
        let mut purchase_orders = [const { Json::Null }; 4];
        for purchase_order in &mut purchase_orders {
            let made = self.admin.done(PURCHASE_ORDER_CREATE, order.clone()).await;
            *purchase_order = made["purchaseOrder"]["id"].clone();
        }
        let id = json!({ "purchaseOrderId": purchase_orders[3] });
        self.admin.done(PURCHASE_ORDER_PLACE, id).await;
        let policy = json!({ "locationId": self.berlin, "sku": "D", "reorderPoint": 100, "reorderQuantity": 1 });
        self.admin.done(STOCK_SET_POLICY, policy).await;
        let mut counts = [const { Json::Null }; 3];
        for (count, sku) in counts.iter_mut().zip(["B", "C", "D"]) {
            let input = json!({ "locationId": self.berlin, "skus": [sku] });
            let made = self.admin.done(STOCK_COUNT_START, input).await;
            *count = made["stockCount"]["id"].clone();
        }
        let lines = json!([{ "sku": "C", "quantity": 8 }]);
        let input = json!({ "stockCountId": counts[1], "lines": lines });
        self.admin.done(STOCK_COUNT_RECORD, input).await;
        Documents { supplier, transfers, purchase_orders, counts }
    }

    /// Every quantity of a SKU at a location, and what it is worth.
    pub async fn whole_level(&self, sku: &str, location: &str) -> Json {
        let query = "query($f: StockFilter) { stockLevels(filter: $f) { nodes {
            onHand reserved available damaged qualityHold incoming inTransit value { amount currencyCode } } } }";
        let filter = json!({ "f": { "skus": [sku], "locationIds": [location] } });
        self.admin.ok(query, filter).await["stockLevels"]["nodes"][0].clone()
    }

    /// On hand, reserved and available of a SKU at a location.
    pub async fn level(&self, sku: &str, location: &str) -> (i64, i64, i64) {
        let query = "query($f: StockFilter) { stockLevels(filter: $f) { nodes { onHand reserved available } } }";
        let data = self
            .admin
            .ok(query, json!({ "f": { "skus": [sku], "locationIds": [location] } }))
            .await;
        let level = &data["stockLevels"]["nodes"][0];
        let units = |name: &str| level[name].as_i64().expect("units");
        (units("onHand"), units("reserved"), units("available"))
    }
}

pub async fn place(admin: &Client, code: &str, kind: &str, pickup: bool) -> String {
    let made = admin
        .done(
            LOCATION_UPSERT,
            json!({
                "code": code, "name": code, "kind": kind, "timeZone": "Europe/Berlin",
                "offersPickup": pickup,
                "address": { "line1": "Street 1", "city": code, "countryCode": "DE" },
            }),
        )
        .await;
    text(&made["location"]["id"])
}

pub async fn channel(
    admin: &Client,
    entity: &str,
    code: &str,
    kind: &str,
    locations: &[&String],
) -> String {
    let made = admin
        .done(
            CHANNEL_UPSERT,
            json!({
                "code": code, "name": code, "kind": kind, "currencyCode": "EUR", "taxIncluded": true,
                "legalEntityId": entity, "locationIds": locations,
            }),
        )
        .await;
    text(&made["channel"]["id"])
}

pub fn text(json: &Json) -> String {
    json.as_str().expect("a text").to_owned()
}
