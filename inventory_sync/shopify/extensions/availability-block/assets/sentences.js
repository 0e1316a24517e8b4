/**
 * What a buyer reads: the lines of a profile as sentences, on the product page and in the checkout.
 *
 * Put here which text of the locale files is chosen, and how days and numbers are written. Keep the
 * texts themselves out: `say(key, values)` fetches one in the buyer's language.
 */

/**
 * One sentence for the best place, or with `showPlaces` one for each place. Without any date there
 * is one sentence that says so.
 */
export function sentences(lines, { say, language, now, showPlaces }) {
  if (!lines.some((line) => line.shipsOn)) return [say("on_request")];
  const voice = { say, showPlaces, ...writers(language, now) };
  return (showPlaces ? lines : lines.slice(0, 1)).map((line) => sentence(line, voice));
}

function sentence({ place, shipsOn, more }, { say, showPlaces, day, number }) {
  if (!shipsOn) return say("on_request_from", { place });
  const date = day(shipsOn);
  const start = showPlaces ? say("ships_from", { place, date }) : say("ships", { date });
  if (!more) return start;
  return say("and_more", { start, units: number(more.units), date: day(more.shipsOn) });
}

/** How the language writes days and numbers. The year stands only where it is not this one. */
function writers(language, now) {
  const locale = known(language);
  const short = { day: "numeric", month: "short", timeZone: "UTC" };
  const thisYear = new Intl.DateTimeFormat(locale, short);
  const otherYear = new Intl.DateTimeFormat(locale, { ...short, year: "numeric" });
  const numbers = new Intl.NumberFormat(locale);
  return {
    day: (text) => {
      const day = new Date(`${text}T00:00:00Z`);
      return (day.getUTCFullYear() === now.getFullYear() ? thisYear : otherYear).format(day);
    },
    number: (value) => numbers.format(value),
  };
}

/** The language tag, or undefined (the browser's own language) where it is none. */
function known(language) {
  try {
    return Intl.getCanonicalLocales(language || [])[0];
  } catch {
    return undefined; // a theme may write "en_US", which is not a language tag
  }
}
