/* Beside the booking form and its receipt, in one file, so that a browser asks once. Additions: without them the form
 * works alike.
 */
"use strict";

/* What is typed into a booking form outlives a reload, a link elsewhere and a lost session: it is kept in this tab's own
 * storage, on this machine, until it has been sent or the tab is closed.
 *   data-draft   on the script: which form it is
 *   data-sent    on the receipt: the booking has come, so nothing is kept any more; unless one looks back at it, and has
 *                perhaps begun another one
 */
(() => {
  const { draft, sent } = document.currentScript.dataset, key = `draft-${draft}`;
  const form = document.querySelector("#booking");
  const never = new Set(["csrf_token", "once", "stated_wait", "homepage", "confirmed", "lat", "lng", "accuracy"]);
  const fields = () => [...form.elements].filter((field) => field.name && field.type !== "submit" && !never.has(field.name));
  const ticked = (field) => ["radio", "checkbox"].includes(field.type);

  const keep = () => {
    const typed = {};
    for (const field of fields()) {
      typed[field.name] ??= [];
      if (!ticked(field) || field.checked) typed[field.name].push(field.value);
    }
    sessionStorage.setItem(key, JSON.stringify(typed));
  };
  const where = ["road", "from_to", "postcode"];
  const fill = (typed) => {
    if (form.elements.road?.defaultValue) for (const name of where) delete typed[name]; // a link has named another place
    for (const field of fields().filter((each) => typed[each.name])) {
      if (ticked(field)) field.checked = typed[field.name].includes(field.value);
      else field.value = typed[field.name].shift() ?? "";
      const says = ticked(field) ? field.checked && !field.defaultChecked : field.value;
      if (says) for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    }
  };

  // Where it happens is not where somebody lives. Said by script, which brings back what was typed: a browser that
  // reads it in the page empties these fields when one goes back.
  for (const name of where) form?.elements[name]?.setAttribute("autocomplete", "off");

  try {
    if (sent) {
      if (performance.getEntriesByType("navigation")[0]?.type !== "back_forward") sessionStorage.removeItem(key);
    } else {
      const typed = sessionStorage.getItem(key);
      if (typed && form.dataset.shown === "new") fill(JSON.parse(typed));
      else if (form.dataset.shown !== "new") keep();
      form.addEventListener("input", keep);
    }
  } catch { /* a browser that keeps nothing */ }
})();

/* What helps to name the place of a booking, beside ordinary fields (templates/_map.html, place_help):
 * the roads of the typed postcode as suggestions, and one's own position, asked for only on press.
 */
(() => {
  const help = document.querySelector("[data-place]");
  if (!help) return;
  const words = help.dataset, form = help.closest("form");
  const [road, postcode, lat, lng, accuracy] = ["road", "postcode", "lat", "lng", "accuracy"].map((name) => form.elements[name]);
  const [here, away, said, roads] = [".place-here", ".place-away", "[role=status]", "datalist"].map((part) => help.querySelector(part));

  // Roads.
  let suggested = "";
  async function suggest() {
    const typed = postcode.value.match(/\d{4}/)?.[0] ?? "";
    if (typed === suggested) return;
    suggested = typed;
    roads.replaceChildren();
    if (!typed) return;
    try {
      const known = await (await fetch(words.roads.replace("0000", typed))).json();
      if (typed === suggested) roads.append(...known.roads.map((name) => new Option(name, name)));
    } catch { suggested = ""; } // the next change tries again
  }
  road.setAttribute("list", roads.id);
  road.autocomplete = "off"; // else the browser's own memory of addresses covers the roads
  postcode.addEventListener("input", suggest);
  postcode.addEventListener("change", suggest);
  suggest();

  // One's position.
  const say = (template, metres) => { said.textContent = template.replace("{metres}", metres); };
  function pin(y, x, metres) {
    [lat.value, lng.value, accuracy.value] = [y, x, metres];
    away.hidden = y === "";
    lat.dispatchEvent(new Event("change")); // the map reads it
  }
  here.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const metres = Math.ceil(coords.accuracy);
      if (metres > Number(words.metres)) return say(words.wordsVague, metres);
      pin(coords.latitude.toFixed(5), coords.longitude.toFixed(5), metres);
      say(words.wordsSet, metres);
    }, () => say(words.wordsFailed), { enableHighAccuracy: true, maximumAge: 0, timeout: 20_000 });
  });
  away.addEventListener("click", () => { pin("", "", ""); say(words.wordsNone); here.focus(); });
  here.hidden = !navigator.geolocation;
  if (lat.value && accuracy.value) { // it has come along: from an error, the check, or another language
    away.hidden = false;
    say(words.wordsSet, accuracy.value);
  }

  // The map, and Leaflet under it, once the reader opens it.
  const fold = document.querySelector(".place-map");
  fold?.addEventListener("toggle", () => {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: fold.dataset.style });
    const scripts = fold.dataset.scripts.split(" ").map((src) =>
      Object.assign(document.createElement("script"), { src, async: false })); // in this order
    document.head.append(style, ...scripts);
  }, { once: true });
  help.hidden = false;
})();
