/* The work list by single keys: an addition to a page that Tab, Space and Enter go through without it.
 * The focus moves from link to link, so that it is always seen, and Enter opens what it stands on. Nothing is caught
 * while somebody types. What the keys are stands on the page itself (templates/office/work_list.html).
 */
"use strict";
(() => {
  const links = [...document.querySelectorAll(".work-list tbody th a")];
  const keys = document.querySelector("#keys"), search = document.querySelector("#q"), all = document.querySelector("#all");
  const ticks = [...document.querySelectorAll(".tick input")];
  const here = () => links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const go = (link) => { link?.focus(); link?.scrollIntoView({ block: "center" }); };
  const typing = (field) => field.matches("textarea, select, input:not([type=checkbox], [type=radio])");

  const deeds = {
    j: () => go(links[here() + 1]),
    k: () => go(links[here() - 1]),
    x: () => links[here()]?.closest("tr").querySelector(".tick input")?.click(),
    "/": () => search?.focus(),
    "?": () => { if (keys) { keys.open = true; keys.querySelector("summary").focus(); } },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    const opens = event.key === "Enter" && event.target.matches(".tick input");
    if (!opens && !Object.hasOwn(deeds, event.key)) return;
    event.preventDefault(); // also: Enter on a box must not press a button
    if (opens) links[here()].click();
    else deeds[event.key]();
  });

  // What the box for all means is decided where the form arrives; here it is seen.
  all?.addEventListener("change", () => { for (const tick of ticks) tick.checked = all.checked; });
  for (const tick of ticks) tick.addEventListener("change", () => { if (!tick.checked) all.checked = false; });
  document.documentElement.dataset.keys = "heard"; // from here on: whoever presses earlier, as a test might, presses in vain
})();
