// Drawing the graph, and what one can do with it.

const svg = document.getElementById("graph"), card = document.getElementById("card");
const status = document.getElementById("status");
const byId = id => document.getElementById(id);
const folded = new Set(), nodes = new Map(), edges = new Map();
let whole = [0, 0, 1, 1], view = whole, at = steps.length, timer = null;
let downwards = direction === "TB";

(function collect(part) {
  for (const node of part.nodes) { nodes.set(node.key, node); if (node.body) collect(node.body); }
  for (const edge of part.edges) edges.set(edge.key, edge);
  part.nodes.filter(n => n.kind === "input").forEach((n, i) => { n.place = i; });
})(graph);

// -- drawing --------------------------------------------------------------------------

function element(name, attributes, parent, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function draw() {
  const layout = layOut(graph, folded, downwards);
  svg.replaceChildren();
  svg.classList.toggle("downwards", downwards);
  const defs = element("defs", {}, svg);
  const head = element("marker", {id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4,
    markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto"}, defs);
  element("path", {d: "M0,0.5 L8,4 L0,7.5 z"}, head);
  const places = [...layout.nodes.values()];
  places.filter(p => p.open).forEach(drawNode); // boxes lie behind
  layout.edges.forEach(drawEdge);
  places.filter(p => !p.open).forEach(drawNode);
  whole = [0, 0, layout.w, layout.h];
}

function drawNode({node, x, y, w, h, open}) {
  const g = element("g", {class: `node ${node.kind}${open ? " box" : ""}`,
    "data-key": node.key, tabindex: 0}, svg);
  const left = x - w / 2, top = y - h / 2;
  element("rect", {x: left, y: top, width: w, height: h,
    rx: node.kind === "operation" ? Math.min(17, h / 2) : 6}, g);
  const sign = node.body ? (open ? "▾ " : "▸ ") : "";
  const maps = open ? [] : Object.entries(node.maps || {});
  const title = downwards ? {x: left + 13, y: top + h - 10,
                             transform: `rotate(-90 ${left + 13} ${top + h - 10})`}
                          : {x: left + 10, y: top + 13};
  element("text", open ? title : {x, y: maps.length ? y - 20 : y}, g, sign + node.symbol);
  maps.forEach(([kind, map], i) => {
    const box = {x: x - maps.length * 20 + i * 40 + 2, y: y - 8, width: 36, height: 36};
    element("image", {...box, href: map, preserveAspectRatio: "none"}, g);
    element("rect", {...box, class: `frame ${kind}`}, g);
  });
  const tell = () => inform(node.card, node.maps);
  listen(g, tell);
  if (node.body) {
    g.addEventListener("click", () => { if (!moved) fold(node.key); });
    g.addEventListener("keydown", e => { if (e.key === "Enter") fold(node.key); });
  }
}

function drawEdge({edge, points, label, labelled}) {
  const g = element("g", {class: "edge", "data-edge": edge.key}, svg);
  const [x, y] = label, above = edge.value.length, below = edge.gradient.length;
  const high = LINE * (above + below) / 2 + 1; // numbers interrupt a line from the top
  let d = `M${points[0]} L${points[1]}`;
  for (let i = 2; i < points.length; i += 2) {
    const [a, b] = [points[i - 1], points[i]];
    const [u, v] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    d += downwards ? ` C${a[0]},${v} ${b[0]},${v} ${b}` : ` C${u},${a[1]} ${u},${b[1]} ${b}`;
    if (downwards && i + 1 === labelled) d += ` L${x},${y - high} M${x},${y + high}`;
    d += ` L${points[i + 1]}`;
  }
  element("path", {class: "wide", d}, g);
  element("path", {class: "line", d, "marker-end": "url(#head)"}, g);
  const middle = y + (downwards ? LINE * (above - below) / 2 : 0);
  edge.value.forEach((text, i) => element("text", {class: "value", x,
    y: middle - 4 - LINE * (above - 1 - i)}, g, text));
  edge.gradient.forEach((text, i) => element("text", {class: "gradient", x,
    y: middle + LINE * (i + 1) - 1}, g, text));
  listen(g, () => inform(edge.card));
}

function listen(g, tell) {
  for (const event of ["mouseenter", "focus"]) g.addEventListener(event, e => {
    card.classList.toggle("left", e.clientX > innerWidth / 2); // not over what it tells of
    tell();
  });
  for (const event of ["mouseleave", "blur"])
    g.addEventListener(event, () => card.replaceChildren());
}

function inform(facts, maps = {}) {
  card.replaceChildren();
  for (const [name, text] of Object.entries(facts)) {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = name; dd.textContent = text; card.append(dt, dd);
  }
  for (const [name, map] of Object.entries(maps)) {
    const figure = document.createElement("figure"), image = document.createElement("img");
    image.src = map; image.alt = `the ${name} as colours`;
    figure.append(name, image); card.append(figure);
  }
}

function turn() {
  downwards = !downwards;
  draw();
  show(at);
  begin();
}

function fold(key) {
  folded.has(key) ? folded.delete(key) : folded.add(key);
  draw();
  show(at);
  fit();
  const node = svg.querySelector(`[data-key="${key}"]`);
  if (node) node.focus({preventScroll: true});
}

// -- steps ----------------------------------------------------------------------------

const edgeOf = key => svg.querySelector(`[data-edge="${key}"]`);
const isSeen = step => svg.querySelector(`[data-key="${step.node}"]`) !== null;

function show(step) {
  at = Math.max(0, Math.min(steps.length, step));
  const seen = {forward: new Set(), backward: new Set()};
  const stepped = {forward: new Set(), backward: new Set()};
  steps.forEach((s, i) => s.edges.forEach(e => {
    stepped[s.phase].add(e);
    if (i < at) seen[s.phase].add(e);
  }));
  for (const edge of svg.querySelectorAll(".edge")) {
    const hide = (name, phase) => edge.querySelectorAll(name).forEach(text =>
      text.classList.toggle("hidden", stepped[phase].has(edge.dataset.edge)
                                      && !seen[phase].has(edge.dataset.edge)));
    hide(".value", "forward");
    hide(".gradient", "backward");
  }
  svg.querySelectorAll(".active").forEach(e => e.classList.remove("active"));
  const now = steps[at - 1];
  status.className = now ? now.phase : "";
  status.textContent = now ? `${now.phase} ${at}/${steps.length}: ${now.text}`
                           : `${steps.length} steps`;
  const node = now && svg.querySelector(`[data-key="${now.node}"]`);
  if (now) for (const e of [node, ...now.edges.map(edgeOf)]) if (e) e.classList.add("active");
  if (node && !node.classList.contains("box")) follow(node);
  byId("back").disabled = byId("first").disabled = at === 0;
  byId("next").disabled = byId("last").disabled = at === steps.length;
}

// Go to the next step on this side whose node is not folded away.
function go(by) {
  let next = at + by;
  while (next > 0 && next < steps.length && !isSeen(steps[next - 1])) next += by;
  show(next);
}

function play() {
  if (timer !== null) { clearInterval(timer); timer = null; }
  else {
    if (at === steps.length) show(0);
    timer = setInterval(() => { go(1); if (at === steps.length) play(); }, 900);
  }
  byId("play").textContent = timer === null ? "play" : "pause";
}

// -- moving and zooming ---------------------------------------------------------------

function look() { svg.setAttribute("viewBox", view.join(" ")); }

function fit() { view = [...whole]; look(); }

// Show the whole graph, or as much of its beginning as can be read.
function begin() {
  const box = svg.getBoundingClientRect();
  const scale = Math.min(box.width / whole[2], box.height / whole[3]);
  fit();
  if (scale >= 0.45 || !box.width) {
    if (scale > 1.6) zoom(scale / 1.6, 0.5, 0.5); // small graphs need not fill the page
    return;
  }
  const first = svg.querySelector(".node:not(.constant) > rect").getBBox();
  view = [0, 0, box.width * 1.6, box.height * 1.6];
  if (downwards) view[0] = first.x + first.width / 2 - box.width * 0.8;
  else view[1] = first.y + first.height / 2 - box.height * 0.8;
  look();
}

// Move the view so that an element that works now is in it.
function follow(element) {
  const {x, y, width, height} = element.querySelector("rect").getBBox();
  const middle = [x + width / 2, y + height / 2];
  for (const i of [0, 1])
    if (middle[i] < view[i] || middle[i] > view[i] + view[i + 2])
      view[i] = middle[i] - view[i + 2] / 2;
  look();
}

function zoom(factor, right, down) {
  const x = view[0] + view[2] * right, y = view[1] + view[3] * down;
  view = [x - (x - view[0]) * factor, y - (y - view[1]) * factor,
          view[2] * factor, view[3] * factor];
  look();
}

svg.addEventListener("wheel", event => {
  event.preventDefault();
  const box = svg.getBoundingClientRect();
  zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15,
    (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
}, {passive: false});
let grip = null, moved = false;
svg.addEventListener("pointerdown", e => {
  grip = [e.clientX, e.clientY, ...view];
  moved = false;
});
addEventListener("pointerup", () => { grip = null; });
svg.addEventListener("pointermove", event => {
  if (!grip) return;
  moved ||= Math.hypot(event.clientX - grip[0], event.clientY - grip[1]) > 4;
  const box = svg.getBoundingClientRect();
  const scale = Math.max(view[2] / box.width, view[3] / box.height);
  view[0] = grip[2] - (event.clientX - grip[0]) * scale;
  view[1] = grip[3] - (event.clientY - grip[1]) * scale;
  look();
});

const actions = {
  first: () => show(0), back: () => go(-1), play, next: () => go(1),
  last: () => show(steps.length), fit, turn, in: () => zoom(1 / 1.25, 0.5, 0.5),
  out: () => zoom(1.25, 0.5, 0.5),
};
for (const [id, action] of Object.entries(actions)) byId(id).onclick = action;
const keys = {Home: "first", ArrowLeft: "back", " ": "play", ArrowRight: "next",
              End: "last", f: "fit", t: "turn", "+": "in", "=": "in", "-": "out"};
addEventListener("keydown", event => {
  const action = keys[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target.tagName === "BUTTON") return; // it is pressed
  event.preventDefault();
  actions[action]();
});
draw();
show(steps.length);
svg.querySelectorAll(".active").forEach(e => e.classList.remove("active"));
status.className = "";
status.textContent = `all ${steps.length} steps are shown; |◀ goes to the beginning`;
begin();
