/**
 * The availability block on a product page: follows quantity and variant, in any theme.
 *
 * Put here what concerns the page. Keep out what the dates are (profile.js) and how they are told
 * (sentences.js). A custom element, because themes replace parts of the page when the variant
 * changes: what is inserted later comes to life too.
 */

import { isQuantity, lines, read, staleAt } from "./profile.js";
import { sentences } from "./sentences.js";

const NAME = "inventory-availability";
const EVENTS = ["input", "change", "visibilitychange"];
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

class InventoryAvailability extends HTMLElement {
  #timer;

  connectedCallback() {
    for (const event of EVENTS) document.addEventListener(event, this);
    this.show();
  }

  disconnectedCallback() {
    for (const event of EVENTS) document.removeEventListener(event, this);
    clearTimeout(this.#timer);
  }

  /** Themes copy the chosen variant into their form while they hear the same event: let them. */
  handleEvent() {
    requestAnimationFrame(() => this.isConnected && this.show());
  }

  show() {
    const now = new Date();
    const profile = read(this.#json(`[data-profile-of="${CSS.escape(this.#variant())}"]`));
    this.#write(this.#sentences(lines(profile, this.#quantity(), now), now));
    clearTimeout(this.#timer);
    const end = staleAt(profile, now);
    if (end === null) return;
    const milliseconds = Math.min(end - now.getTime(), LONGEST_TIMER_MILLISECONDS);
    this.#timer = setTimeout(() => this.show(), milliseconds);
  }

  #sentences(found, now) {
    if (!isQuantity(this.#quantity())) return []; // the buyer is still typing
    if (this.hasAttribute("hide-when-today") && shipsToday(found, now)) return [];
    const texts = JSON.parse(this.#json("[data-texts]"));
    return sentences(found, {
      say: (key, values = {}) => filled(texts[key], values),
      language: document.documentElement.lang,
      now,
      showPlaces: this.hasAttribute("show-places"),
    });
  }

  /** Only what has changed is written, so that a screen reader speaks only then. */
  #write(texts) {
    this.querySelector("[data-heading]").hidden = texts.length === 0;
    const box = this.querySelector("[data-lines]");
    const shown = Array.from(box.children, (line) => line.textContent);
    if (JSON.stringify(shown) === JSON.stringify(texts)) return;
    box.replaceChildren(...texts.map(paragraph));
  }

  #variant() {
    const chosen = this.#field('[name="id"]:checked') ?? this.#field('[name="id"]');
    return chosen?.value || this.dataset.variant;
  }

  #quantity() {
    const input = this.#field('input[name="quantity"]');
    return input ? Number(input.value) : 1;
  }

  /** A field of the product form: the one of this section, or else of the page. */
  #field(selector) {
    const section = this.closest(".shopify-section");
    return section?.querySelector(selector) ?? document.querySelector(selector);
  }

  #json(selector) {
    return this.querySelector(`script${selector}`)?.textContent ?? null;
  }
}

/** Whether the best place ships today, by the buyer's calendar. */
function shipsToday([best], now) {
  const parts = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  const today = parts.map((part) => String(part).padStart(2, "0")).join("-");
  return Boolean(best?.shipsOn) && best.shipsOn <= today;
}

/** The text with its `{names}` replaced, in one go: a value that looks like a name stays as it is. */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (name, key) => values[key] ?? name);
}

/** Always text, never markup: a place's name may be anything. */
function paragraph(text) {
  const line = document.createElement("p");
  line.textContent = text;
  return line;
}

if (!customElements.get(NAME)) customElements.define(NAME, InventoryAvailability);
