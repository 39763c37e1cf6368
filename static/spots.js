/* Tasks typed on a phone where the network comes and goes: an addition to an ordinary form.
 * What is typed is kept in this browser as it is typed, and what is sent waits in it until the site has it. Both carry
 * the form's token, so that a task arrives once, however often it is sent. Every word comes from the markup
 * (templates/office/tasks.html). A phone may be shared: what waits is its author's, and goes from that officer's own page.
 */
"use strict";
(() => {
  const form = document.querySelector("form[data-spots]");
  if (!form || !window.indexedDB) return; // then it is sent like any other form
  const PATIENCE = 8_000, FAILED = 60_000, LONGEST_SIDE = 1600;
  const words = form.dataset, title = document.title, draft = `draft ${words.author} ${form.action}`;
  const [said, waiting, others, errors, here] =
    ["said", "waiting", "others", "errors", "here"].map((name) => document.querySelector(`[data-${name}]`));
  const [number, loggedOut, sendNow, correct] =
    ["number", "logged-out", "send-now", "correct"].map((name) => waiting.querySelector(`[data-${name}]`));
  const partsOf = (page) => [...page.querySelectorAll("form[data-spots] [data-fields]")];
  const blank = partsOf(document).map((part) => part.cloneNode(true));
  let sending = false, inForm = ""; // the token of what is sent while it still stands in the form
  const say = (text) => { said.textContent = text; };

  // What waits: {once, at, to, author, name, fields, photo, refused}. The photo of what is still being typed lies there, too: as bytes,
  // because in a private window WebKit (every iPhone) stores bytes but no file.
  const asBytes = async (photo) => ({ type: photo.type, bytes: await photo.arrayBuffer() });
  const asFile = ({ type, bytes }) => new File([bytes], "photo.jpg", { type });
  const opened = new Promise((done, fail) => {
    const asked = indexedDB.open("spots", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("queue", { keyPath: "once" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  const store = async (act, mode = "readwrite") => {
    const deed = (await opened).transaction("queue", mode), asked = act(deed.objectStore("queue"));
    return new Promise((done, fail) => { deed.oncomplete = () => done(asked.result); deed.onabort = () => fail(deed.error); });
  };
  const keep = (entry) => store((queue) => queue.put(entry));
  const drop = (once) => store((queue) => queue.delete(once)).catch(() => {});
  const everybodys = async () => (await store((queue) => queue.getAll(), "readonly").catch(() => []))
    .filter((entry) => entry.to).sort((one, other) => one.at - other.at); // numbered in the order in which they were typed
  const isMine = (entry) => [undefined, words.author].includes(entry.author); // earlier versions kept no author
  const queued = async () => (await everybodys()).filter(isMine);

  const visitOf = (address) => address.slice(address.indexOf("/kontor/")); // in whatever language
  const isOurs = (entry) => visitOf(entry.to) === visitOf(form.action);

  // The form.
  const typed = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrf_token");
  const save = () => { try { localStorage.setItem(draft, JSON.stringify(typed())); } catch { /* the browser keeps nothing */ } };
  const drafted = () => { try { return JSON.parse(localStorage.getItem(draft)); } catch { return null; } };
  const pinned = (lat, lng) => {
    [form.elements.lat.value, form.elements.lng.value] = [lat, lng];
    form.elements.lat.dispatchEvent(new Event("change")); // the map reads it
  };

  function show(parts) {
    partsOf(document).forEach((part, i) => part.replaceWith(parts[i]));
    for (const folded of form.querySelectorAll("details:has(.form-error)")) folded.open = true;
  }

  function fill(fields, photo) {
    for (const field of form.elements) {
      const values = fields.filter(([name]) => name === field.name).map(([, value]) => value);
      if (["radio", "checkbox"].includes(field.type)) field.checked = values.includes(field.value);
      else if (values.length) field.value = values[0];
    }
    pinned(form.elements.lat.value, form.elements.lng.value);
    choose(photo);
  }

  function choose(photo) {
    const hand = new DataTransfer();
    if (photo) hand.items.add(asFile(photo));
    form.elements.photo.files = hand.files;
  }

  function anew() {
    show(blank.map((part) => part.cloneNode(true)));
    form.reset();
    pinned("", "");
    form.elements.once.value = [...crypto.getRandomValues(new Uint8Array(18))].map((n) => n.toString(16).padStart(2, "0")).join("");
    for (const folded of form.querySelectorAll("details")) folded.open = false;
    errors.replaceChildren();
    document.title = title;
    localStorage.removeItem(draft);
    drop(draft);
    said.focus();
  }

  function showRefusal(entry, page) {
    show(partsOf(page));
    choose(entry.photo);
    if (entry.photo) keep({ once: draft, photo: entry.photo }).catch(() => {});
    save();
    errors.replaceChildren(...page.querySelector("[data-errors]").childNodes);
    document.title = page.title;
    say("");
    errors.querySelector(".error-summary").focus();
  }

  /* What a phone takes is too much for a poor network. The site takes every photo anew all the same. */
  async function smaller(photo) {
    try {
      const picture = await createImageBitmap(photo), scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [picture.width, picture.height].map((side) => Math.round(side * scale));
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      return await new Promise((done) => canvas.toBlob((small) => done(small ?? photo), "image/jpeg", 0.85));
    } catch { return photo; }
  }

  // Sending.
  async function send(entry, again = true) {
    const body = new FormData();
    for (const [name, value] of [...entry.fields, ["csrf_token", form.elements.csrf_token.value]]) body.append(name, value);
    if (entry.photo) body.append("photo", asFile(entry.photo));
    try {
      const answer = await fetch(entry.to, { method: "POST", body, signal: AbortSignal.timeout(FAILED) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const shown = page.querySelector("form[data-spots]"), token = shown?.elements.csrf_token.value;
      if (token && shown.dataset.author !== words.author) return ["login", page]; // somebody else has logged in meanwhile
      if (token) form.elements.csrf_token.value = token; // of the present session, if another one has begun
      if (answer.ok && answer.url === entry.to) return ["kept", page];
      if (page.querySelector("[type=password]")) return ["login", page];
      if (answer.status !== 422 || !token) return ["trouble", page];
      return again && !page.querySelector(".form-error") ? send(entry, false) : ["refused", page];
    } catch { return ["offline", null]; }
  }

  async function sendAll() {
    if (sending) return;
    sending = true;
    const tried = new Set(), next = async () => (await queued()).find((entry) => !entry.refused && !tried.has(entry.once));
    for (let entry = await next(); entry; entry = await next()) {
      tried.add(entry.once);
      const [became, page] = await send(entry);
      loggedOut.hidden = became !== "login";
      if (became === "refused" && entry.once === inForm) {
        inForm = "";
        await drop(entry.once);
        showRefusal(entry, page);
      } else {
        say(words[`words${became[0].toUpperCase()}${became.slice(1)}`]);
        if (became === "refused") await keep({ ...entry, refused: true });
        if (became === "kept") {
          await drop(entry.once);
          const ours = entry.to === form.action; // not of another walk, or in the other language
          say((ours && page.querySelector(".alert-success")?.textContent) || words.wordsKept);
          if (ours) document.querySelector("[data-tasks]").replaceWith(page.querySelector("[data-tasks]"));
        }
      }
      if (["offline", "login"].includes(became)) break;
    }
    sending = false;
    await paint();
  }

  async function paint() {
    const all = await queued();
    waiting.hidden = !all.length;
    number.textContent = all.length;
    correct.hidden = !all.some((entry) => entry.refused);
    const foreign = (await everybodys()).filter((entry) => !isMine(entry));
    others.hidden = !foreign.length;
    others.textContent = words.wordsOthers.replace("{number}", foreign.length)
      .replace("{names}", [...new Set(foreign.map((entry) => entry.name))].join(", "));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (inForm) return;
    inForm = form.elements.once.value;
    form.inert = true;
    say(words.wordsSending);
    const file = form.elements.photo.files[0];
    try {
      const photo = file && await asBytes(await smaller(file));
      await keep({ once: inForm, at: Date.now(), to: form.action, author: words.author, name: words.name, fields: typed(), photo });
    } catch {
      form.submit(); // this browser keeps nothing
      return;
    }
    await Promise.race([sendAll(), new Promise((go) => setTimeout(go, PATIENCE))]); // slower than that, it goes on by itself
    if (inForm) anew();
    inForm = "";
    form.inert = false;
    await paint();
  });

  for (const kind of ["input", "change"]) form.addEventListener(kind, save);
  form.addEventListener("change", ({ target }) => {
    if (target.files?.[0]) asBytes(target.files[0]).then((photo) => keep({ once: draft, photo })).catch(() => {});
    else if (target.files) drop(draft);
  });
  addEventListener("online", sendAll);
  setInterval(() => waiting.hidden || sendAll(), FAILED);
  sendNow.addEventListener("click", sendAll);
  correct.addEventListener("click", async () => {
    const refused = (await queued()).filter((each) => each.refused), entry = refused.find(isOurs) ?? refused[0];
    if (entry && !isOurs(entry)) return location.assign(entry.to); // where it was typed
    if (!entry || drafted()) return say(words.wordsUnfinished);
    fill(entry.fields, entry.photo);
    form.requestSubmit();
  });
  here.hidden = !navigator.geolocation;
  here.addEventListener("click", () => navigator.geolocation.getCurrentPosition(({ coords }) => {
    pinned(coords.latitude.toFixed(5), coords.longitude.toFixed(5));
    save();
    say(words.wordsHere.replace("{metres}", Math.round(coords.accuracy)));
  }, () => say(words.wordsNowhere), { enableHighAccuracy: true, timeout: 20_000 }));

  (async () => {
    const before = drafted(), once = before?.find(([name]) => name === "once")?.[1];
    if (before && !(await queued()).some((entry) => entry.once === once && !entry.refused)) {
      fill(before, (await store((queue) => queue.get(draft), "readonly").catch(() => null))?.photo);
      say(words.wordsRestored);
    } else localStorage.removeItem(draft);
    await paint();
    await sendAll();
  })();
})();
