/**
 * Below each line of the checkout: when its quantity ships, from the profile of its variant.
 *
 * Put here what concerns the checkout. Dates and sentences are the product page's own, so that the
 * two never disagree.
 */

import "@shopify/ui-extensions/preact";
import { h, render } from "preact";

import { lines, read } from "../../availability-block/assets/profile.js";
import { sentences } from "../../availability-block/assets/sentences.js";

const NAMESPACE = "$app:inventory_sync";
const KEY = "availability";

export default function extension() {
  render(h(Availability, {}), document.body);
}

function Availability() {
  const { merchandise, quantity } = shopify.target.value;
  const now = new Date();
  const texts = sentences(lines(profileOf(merchandise.id), quantity, now), {
    say: (key, values) => shopify.i18n.translate(`availability.${key}`, values),
    language: shopify.localization.extensionLanguage.value.isoCode,
    now,
    showPlaces: shopify.settings.value.show_places === true,
  });
  const shown = texts.map((text) => h("s-text", { type: "small", color: "subdued" }, text));
  return h("s-stack", { gap: "none" }, ...shown);
}

/** A target is named by its gid, in some versions by the gid's number alone. */
function profileOf(variantId) {
  const entry = shopify.appMetafields.value.find(
    ({ target, metafield }) =>
      target.type === "variant" &&
      numberOf(target.id) === numberOf(variantId) &&
      metafield.namespace === NAMESPACE &&
      metafield.key === KEY,
  );
  return read(entry?.metafield.value ?? null);
}

function numberOf(id) {
  return String(id).split("/").at(-1);
}
