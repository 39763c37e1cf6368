/* The map: an addition beside ordinary fields, on top of Leaflet (global L).
 *   data-map="pick"  one pin, by click, tap, drag or keyboard, written into two fields
 *   data-map="show"  points to look at, each with a text and perhaps a link or a number; with data-words-group, those
 *                    that would lie on each other are one, until somebody comes closer
 * Every word comes from the markup (templates/_map.html). What fails leaves the element hidden.
 */
"use strict";
(() => {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const pinIcon = (number = "") => L.divIcon({
    className: number ? "map-pin map-pin-number" : "map-pin", html: String(number), iconSize: [44, 44], iconAnchor: [22, 42], popupAnchor: [0, -34],
  });

  const FINGER = 20; // pixels by which a tap may miss
  const metresPerPixel = (at, zoom) => (40_075_017 * Math.cos((at.lat * Math.PI) / 180)) / 2 ** (zoom + 8);

  /* A map that keeps out of the way: one finger and the wheel scroll the page. */
  function draw(canvas, data, points = []) {
    const bounds = JSON.parse(data.bounds);
    const reach = points.reduce((all, point) => all.extend(point), L.latLngBounds(bounds));
    const map = L.map(canvas, {
      zoomControl: false, dragging: false, scrollWheelZoom: false, doubleClickZoom: data.map === "show", zoomSnap: 0.5,
      maxZoom: data.tiles ? Math.max(18, data.mostZoom ?? 0) : 14, maxBounds: reach.pad(0.5),
      zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still, inertia: !still,
    });
    if (still) { // the arrow keys and pop-ups pan without asking
      const panBy = map.panBy;
      map.panBy = (offset, options) => panBy.call(map, offset, { ...options, animate: false });
    }
    map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: data.wordsZoomIn, zoomOutTitle: data.wordsZoomOut }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    map.fitBounds(bounds, { animate: false });
    map.setMinZoom(map.getBoundsZoom(reach)); // there is nothing to see farther out
    // A mouse drags the map. A finger scrolls the page; two fingers move and zoom the map.
    canvas.addEventListener("pointerdown", (event) => map.dragging[event.pointerType === "touch" ? "disable" : "enable"](), true);
    canvas.addEventListener("focusin", () => map.scrollWheelZoom.enable()); // never before somebody has turned to the map
    canvas.addEventListener("focusout", () => map.scrollWheelZoom.disable());
    canvas.addEventListener("keydown", (event) => { if (event.key === "Escape") map.closePopup(); });
    if (data.tiles) drawStreets(map, canvas, data);
    return map;
  }

  /* Tiles, of our own or another's; in words where none of those that are seen can be shown. */
  function drawStreets(map, canvas, data) {
    const failed = canvas.parentElement.querySelector(".map-failed");
    const range = data.mostZoom ? { minZoom: Number(data.leastZoom), maxNativeZoom: Number(data.mostZoom), bounds: JSON.parse(data.tileBounds) } : {};
    const streets = L.tileLayer(data.tiles, { attribution: data.attribution, maxZoom: map.getMaxZoom(), ...range });
    let drawn = 0;
    streets.on("tileload", () => { drawn += 1; });
    streets.on("load", () => { if (failed) failed.hidden = drawn > 0; });
    streets.addTo(map);
    if (!range.minZoom || data.points) return;
    const least = Math.max(map.getMinZoom(), range.minZoom);
    if (map.getZoom() < least) map.setZoom(least, { animate: false }); // while it is animated, a map goes nowhere else
    map.setMinZoom(least);
  }

  /* Land under everything, and the names of the towns; answers with the towns (none if it fails). */
  async function drawLand(map, data) {
    try {
      const answer = await fetch(data.land);
      if (!answer.ok) return [];
      const features = (await answer.json()).features;
      map.getPane("overlayPane").style.zIndex = 100; // under the tiles
      L.geoJSON(features.filter((feature) => feature.geometry.type.endsWith("Polygon")), {
        interactive: false, renderer: L.svg({ padding: 1 }), style: { className: "map-land" }, attribution: data.landAttribution,
      }).addTo(map);
      const towns = features.filter((feature) => feature.properties.town).map((feature) =>
        ({ name: feature.properties.town, at: L.GeoJSON.coordsToLatLng(feature.geometry.coordinates) }));
      if (!data.tiles) labelTowns(map, towns);
      return towns;
    } catch { return []; }
  }

  function labelTowns(map, towns) {
    const labels = towns.map(({ name, at }) => {
      const text = document.createElement("span");
      text.textContent = name;
      const icon = L.divIcon({ className: "map-town", iconSize: [8, 8], html: text });
      const marker = L.marker(at, { icon, interactive: false, keyboard: false }).addTo(map);
      marker.getElement().setAttribute("aria-hidden", "true");
      return marker;
    });
    const thin = () => labels.reduce((kept, label) => { // a name on top of a name is no name: the first in the file wins
      const here = map.latLngToLayerPoint(label.getLatLng());
      const free = kept.every((there) => Math.abs(here.x - there.x) > 90 || Math.abs(here.y - there.y) > 24);
      label.getElement().style.display = free ? "" : "none";
      return free ? [...kept, here] : kept;
    }, []);
    map.on("zoomend", thin);
    thin();
  }

  /* "about 2 km north of Haslev" */
  function inWords(at, towns, data) {
    if (!towns.length) return fill(data.wordsPoint, { lat: at.lat.toFixed(4), lng: at.lng.toFixed(4) });
    const town = towns.reduce((best, other) => (at.distanceTo(other.at) < at.distanceTo(best.at) ? other : best));
    const km = Math.round(at.distanceTo(town.at) / 1000);
    const east = (at.lng - town.at.lng) * Math.cos((at.lat * Math.PI) / 180);
    const turn = Math.round((Math.atan2(east, at.lat - town.at.lat) * 4) / Math.PI) & 7;
    const direction = data.wordsDirections.split(",")[turn].trim();
    return fill(km < 1 ? data.wordsNear : data.wordsFar, { km, direction, town: town.name });
  }

  /* Where the typed postcode lies: in the middle of its roads, or else at its town. Whoever has set a pin meanwhile stays. */
  async function openAtPostcode(map, land, isFree) {
    const place = document.querySelector("[data-place]"), typed = place?.closest("form").elements.postcode.value.match(/\d{4}/);
    if (!typed) return;
    try {
      const { middle, town } = await (await fetch(place.dataset.roads.replace("0000", typed[0]))).json();
      const at = middle ?? (await land).find(({ name }) => name === town)?.at;
      if (at && isFree()) map.setView(at, 14, { animate: false });
    } catch { /* then it shows the whole district */ }
  }

  function pick(element, canvas) {
    const data = element.dataset;
    const [lat, lng, accuracy] = [data.lat, data.lng, data.accuracy].map((selector) => selector && document.querySelector(selector));
    const [remove, centre, words, middle] =
      ["remove", "centre", "words", "middle"].map((name) => element.querySelector(`.map-${name}`));
    const map = draw(canvas, data);
    let towns = [], pin = null;
    const place = (template, at) => fill(template, { place: inWords(at, towns, data) });
    const say = () => {
      words.textContent = pin ? place(data.wordsPin, pin.getLatLng()) : data.wordsNone;
      remove.hidden = !pin;
    };
    const show = (at) => { // the pin as it is; null is no pin
      pin?.remove();
      pin = at && L.marker(at, { icon: pinIcon(), draggable: true, autoPan: true, keyboard: false }).addTo(map);
      pin?.on("dragend", () => choose(pin.getLatLng()));
      say();
    };
    const choose = (at) => { // the pin as somebody wants it
      [lat.value, lng.value] = at ? [at.lat.toFixed(5), at.lng.toFixed(5)] : ["", ""];
      if (accuracy) accuracy.value = at ? Math.ceil(FINGER * metresPerPixel(at, map.getZoom())) : "";
      lat.dispatchEvent(new Event("input", { bubbles: true }));
      show(at);
      if (at) map.panInside(at, { padding: map.getSize().divideBy(4) }); // a tap near the edge moves the map along
    };
    const read = () => {
      const [y, x] = [lat, lng].map((field) => parseFloat(field.value.replace(",", ".")));
      show(Math.abs(y) <= 90 && Math.abs(x) <= 180 ? L.latLng(y, x) : null);
    };

    map.on("click", (event) => { if (event.originalEvent.detail < 2) choose(event.latlng); });
    canvas.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === canvas) { event.preventDefault(); choose(map.getCenter()); }
    });
    centre.addEventListener("click", () => choose(map.getCenter()));
    remove.addEventListener("click", () => { choose(null); centre.focus({ preventScroll: true }); });
    map.on("moveend", () => { // where the cross is, for those who move it by keyboard
      middle.textContent = canvas.matches(":focus-visible") ? place(data.wordsMiddle, map.getCenter()) : "";
    });
    for (const field of [lat, lng]) field.addEventListener("change", read);
    addEventListener("pageshow", read); // after "back" the browser may have put values into the fields
    read();
    if (pin) map.setView(pin.getLatLng(), Math.max(map.getZoom(), 11), { animate: false });
    else if (data.near) map.setView(JSON.parse(data.near), 13, { animate: false });
    // The buttons zoom around the pin, so that it never leaves the map.
    const zoomBy = (steps) => map.setZoomAround(pin ? pin.getLatLng() : map.getCenter(),
      Math.min(map.getMaxZoom(), Math.max(map.getMinZoom(), map.getZoom() + steps)), { animate: !still });
    map.zoomIn = (steps) => zoomBy(steps ?? 1);
    map.zoomOut = (steps) => zoomBy(-(steps ?? 1));
    const land = drawLand(map, data).then((found) => { towns = found; say(); return found; });
    if (data.tiles && !data.near) openAtPostcode(map, land, () => !pin);
    return map;
  }

  /* A marker for one point, or for several that lie together; its pop-up leads to each. */
  function addPoint(map, points, words, data) {
    const lines = points.map(({ text, href }) => {
      const line = document.createElement(href ? "a" : "span");
      line.textContent = text;
      if (href) line.href = href;
      return line;
    });
    const content = document.createElement("div");
    content.append(...lines.flatMap((line) => [line, document.createElement("br")]).slice(0, -1));
    const number = points.length > 1 ? points.length : points[0].number;
    const marker = L.marker(points[0], { icon: pinIcon(number), title: words, alt: words }).bindPopup(content, { maxHeight: 240 });
    marker.on("add", () => marker.getElement().setAttribute("aria-label", words));
    marker.on("popupopen", ({ popup }) => {
      const close = popup.getElement().querySelector(".leaflet-popup-close-button");
      close.setAttribute("aria-label", data.wordsClose);
      (points[0].href ? lines[0] : close).focus({ preventScroll: true });
    });
    marker.on("popupclose", ({ popup }) => {
      if (popup.getElement().contains(document.activeElement)) marker.getElement().focus({ preventScroll: true });
    });
    return marker;
  }

  /* Points less than the size of a pin apart stand as one with their number; pressing it comes closer. */
  function showGrouped(map, points, data) {
    const layer = L.layerGroup().addTo(map);
    const size = 56;
    const regroup = () => {
      layer.clearLayers();
      const cells = new Map();
      for (const point of points) {
        const { x, y } = map.project(point).divideBy(size).floor();
        cells.set(`${x} ${y}`, [...(cells.get(`${x} ${y}`) ?? []), point]);
      }
      for (const together of cells.values()) {
        const words = together.length > 1 ? fill(data.wordsGroup, { number: together.length }) : together[0].text;
        const marker = addPoint(map, together, words, data).addTo(layer);
        if (together.length > 1 && map.getZoom() < map.getMaxZoom()) {
          marker.unbindPopup().on("click keypress", () => {
            map.fitBounds(L.latLngBounds(together).pad(0.2), { animate: false });
            map.getContainer().focus({ preventScroll: true });
          });
        }
      }
    };
    map.on("zoomend", regroup);
    regroup();
  }

  function show(element, canvas) {
    const points = JSON.parse(element.dataset.points);
    const near = points.some((point) => point.number); // numbers stand side by side only from close by
    const map = draw(canvas, element.dataset, points);
    if (near) map.setMaxZoom(18);
    const room = { maxZoom: near ? 17 : 11, paddingTopLeft: [80, 56], paddingBottomRight: [40, 40], animate: false };
    if (points.length) map.fitBounds(L.latLngBounds(points), room);
    if (element.dataset.wordsGroup) showGrouped(map, points, element.dataset);
    else for (const point of points) addPoint(map, [point], point.text, element.dataset).addTo(map);
    drawLand(map, element.dataset);
    return map;
  }

  for (const element of typeof L === "undefined" ? [] : document.querySelectorAll("[data-map]")) {
    const canvas = element.querySelector(".map-canvas") ?? element;
    let map = null;
    element.hidden = false;
    new ResizeObserver(() => { // drawn once there is room for it: it may sit in a closed <details>
      try {
        if (map) map.invalidateSize({ pan: false });
        else if (canvas.clientWidth && canvas.clientHeight) map = (element.dataset.map === "pick" ? pick : show)(element, canvas);
      } catch { element.hidden = true; }
    }).observe(canvas);
  }
})();
