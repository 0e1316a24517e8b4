"""The webhook subscriptions of our app in one store (facts 4)."""

from inventory_sync.shopify.operations.operation import Operation

SUBSCRIPTIONS = Operation(
    "InventorySyncSubscriptions",
    """
query InventorySyncSubscriptions($pageSize: Int!, $after: String) {
  webhookSubscriptions(first: $pageSize, after: $after) {
    nodes { id topic uri }
    pageInfo { hasNextPage endCursor }
  }
}
""",
    estimate_points=110,
    sizes={"pageSize": 100},
)

SUBSCRIBE = Operation(
    "InventorySyncSubscribe",
    """
mutation InventorySyncSubscribe(
  $topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!
) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
""",
    estimate_points=15,
)

UNSUBSCRIBE = Operation(
    "InventorySyncUnsubscribe",
    """
mutation InventorySyncUnsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message }
  }
}
""",
    estimate_points=15,
)
