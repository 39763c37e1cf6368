/* The map: an addition beside ordinary fields, on top of Leaflet (global L).
 *   data-map="pick"  one pin, by click, tap, drag or keyboard, written into two fields
 *   data-map="show"  points to look at, each with a text and perhaps a link or a number
 * Every word comes from the markup (templates/_map.html). What fails leaves the element hidden.
 */
"use strict";
(() => {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const pinIcon = (number = "") => L.divIcon({
    className: number ? "map-pin map-pin-number" : "map-pin", html: String(number), iconSize: [44, 44], iconAnchor: [22, 42], popupAnchor: [0, -34],
  });

  /* A map that keeps out of the way: one finger and the wheel scroll the page. */
  function draw(canvas, data, points = []) {
    const bounds = JSON.parse(data.bounds);
    const reach = points.reduce((all, point) => all.extend(point), L.latLngBounds(bounds));
    const map = L.map(canvas, {
      zoomControl: false, dragging: false, scrollWheelZoom: false, doubleClickZoom: data.map === "show", zoomSnap: 0.5,
      maxZoom: data.tiles ? 18 : 14, maxBounds: reach.pad(0.5),
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
    if (data.tiles) L.tileLayer(data.tiles, { attribution: data.attribution, maxZoom: 18 }).addTo(map);
    return map;
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

  function pick(element, canvas) {
    const data = element.dataset;
    const [lat, lng] = [data.lat, data.lng].map((selector) => document.querySelector(selector));
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
    drawLand(map, data).then((found) => { towns = found; say(); });
    return map;
  }

  function show(element, canvas) {
    const points = JSON.parse(element.dataset.points);
    const near = points.some((point) => point.number); // numbers stand side by side only from close by
    const map = draw(canvas, element.dataset, points);
    if (near) map.setMaxZoom(18);
    const room = { maxZoom: near ? 17 : 11, paddingTopLeft: [80, 56], paddingBottomRight: [40, 40], animate: false };
    if (points.length) map.fitBounds(L.latLngBounds(points), room);
    for (const { lat, lng, text, href, number } of points) {
      const content = document.createElement(href ? "a" : "span");
      content.textContent = text;
      if (href) content.href = href;
      const marker = L.marker([lat, lng], { icon: pinIcon(number), title: text }).bindPopup(content).addTo(map);
      marker.getElement().setAttribute("aria-label", text);
      marker.on("popupopen", ({ popup }) => {
        const close = popup.getElement().querySelector(".leaflet-popup-close-button");
        close.setAttribute("aria-label", element.dataset.wordsClose);
        (href ? content : close).focus({ preventScroll: true });
      });
      marker.on("popupclose", ({ popup }) => {
        if (popup.getElement().contains(document.activeElement)) marker.getElement().focus({ preventScroll: true });
      });
    }
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
