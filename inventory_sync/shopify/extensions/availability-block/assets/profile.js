/**
 * The availability profile of a variant: on which day does a quantity ship?
 *
 * Put here what the profile's numbers mean. Keep out words (sentences.js), the page
 * (availability.js) and the clock: `now` is an argument. Unknown is null, and never a date.
 *
 *   {"v": 1, "places": [{"id": "gid://shopify/Location/1001", "name": "NYC",
 *     "until": "2026-12-03T20:00:00Z", "steps": [[12, "2026-12-03"], [52, "2026-12-20"]]}]}
 *
 * Up to `steps[i][0]` units ship on `steps[i][1]`, more than the last have no date. From `until` on
 * a place's dates are out of date.
 */

const VERSION = 1;

/** The profile in a JSON text; null where it is missing, broken or of another version. */
export function read(text) {
  try {
    const profile = JSON.parse(text);
    return isProfile(profile) ? profile : null;
  } catch {
    return null; // broken JSON says nothing, just as a missing profile
  }
}

/** The first day on which the whole quantity ships from one place, as "2026-12-03"; or null. */
export function shipsOn(profile, quantity, now) {
  return lines(profile, quantity, now)[0]?.shipsOn ?? null;
}

/**
 * What each place promises for the quantity, the best place first: the earliest day, then the order
 * of the profile. `more` units beyond the step of the quantity ship on a later day; or null.
 */
export function lines(profile, quantity, now) {
  const places = profile?.places ?? [];
  return places.map((place) => lineOf(place, quantity, now)).sort(earliestFirst);
}

/** When the first of the places runs out of date, in milliseconds; null when none will. */
export function staleAt(profile, now) {
  const ends = (profile?.places ?? []).map((place) => Date.parse(place.until));
  const ahead = ends.filter((end) => end > now.getTime());
  return ahead.length ? Math.min(...ahead) : null;
}

/** Whether it is a number of units that can be ordered. */
export function isQuantity(quantity) {
  return Number.isSafeInteger(quantity) && quantity > 0;
}

function lineOf(place, quantity, now) {
  const known = isQuantity(quantity) && now.getTime() < Date.parse(place.until);
  const steps = known ? place.steps : [];
  const at = steps.findIndex(([units]) => quantity <= units);
  const next = at < 0 ? undefined : steps[at + 1];
  return {
    place: place.name,
    shipsOn: at < 0 ? null : steps[at][1],
    more: next ? { units: next[0] - steps[at][0], shipsOn: next[1] } : null,
  };
}

function earliestFirst(one, other) {
  const [day, otherDay] = [one, other].map((line) => line.shipsOn ?? "no date comes last");
  return day < otherDay ? -1 : Number(day > otherDay);
}

function isProfile(value) {
  return value?.v === VERSION && Array.isArray(value.places) && value.places.every(isPlace);
}

function isPlace(value) {
  return typeof value?.name === "string" && Array.isArray(value.steps) && areSteps(value.steps);
}

function areSteps(steps) {
  return steps.every(
    (step, index) =>
      Array.isArray(step) &&
      isQuantity(step[0]) &&
      isDay(step[1]) &&
      (index === 0 || step[0] > steps[index - 1][0]),
  );
}

/** A day of the calendar: JavaScript reads "2026-02-31" as the 3rd of March. */
function isDay(text) {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}
