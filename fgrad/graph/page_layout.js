// Where everything is drawn: layers from left to right, boxes in boxes.
//
// A simple form of the layout of Sugiyama, Tagawa and Toda (1981). A node stands one
// layer to the right of its last input. An edge that skips layers gets a slot of its
// own in each of them, shared by all edges from the same place. The numbers of an edge
// stand where it is straight, left of its end, and each end has a height of its own:
// so numbers never lie upon each other, nor upon nodes.
//
// A graph that runs from top to bottom is laid out in the same way, with the sizes of
// nodes and numbers exchanged, and mirrored at the end. Its numbers are wide instead of
// high; so nodes do not grow with them, and edges bend once more to reach the node.

const LETTER = 7.4, SMALL = 6.3, LINE = 13, MARGIN = 12, TITLE = 24, GAP = 12;
const BEND = 26; // what an edge from the top needs between its numbers and its end

function mean(xs) { return xs.reduce((a, b) => a + b, 0) / xs.length; }

// The room that the numbers of an edge need, along the flow and across it.
function labelSize(edge) {
  const lines = [...edge.value, ...edge.gradient];
  const above = edge.value.length, below = edge.gradient.length;
  const wide = Math.max(...lines.map(t => t.length)) * SMALL;
  return turned ? {w: LINE * lines.length + 10 + BEND, h: wide + 10}
                : {w: wide + 24, h: 2 * LINE * Math.max(above, below) + 4};
}

// The size of a node, along the flow and across it.
function nodeSize(node) {
  const maps = Object.keys(node.maps || {}).length;
  const w = Math.max(34, node.symbol.length * LETTER + 16, maps * 40 + 12);
  const h = maps ? 70 : 34;
  return turned ? {w: h, h: w} : {w, h};
}

// Return the layer of every node. In a body, inputs and outputs stand at its borders.
function layersOf(graph, inside) {
  const layer = new Map(graph.nodes.map(n => [n.key, 0]));
  const before = groups(graph.edges, e => e.target), after = groups(graph.edges, e => e.source);
  const isOperation = n => n.kind === "operation" || n.kind === "call";
  for (const node of graph.nodes)
    if (isOperation(node) || node.kind === "output")
      layer.set(node.key,
        1 + Math.max(-1, ...(before.get(node.key) || []).map(e => layer.get(e.source))));
  if (inside && Math.min(...graph.nodes.filter(isOperation).map(n => layer.get(n.key))) === 0)
    for (const node of graph.nodes) // something without inputs: leave the border free
      if (node.kind !== "input") layer.set(node.key, layer.get(node.key) + 1);
  const last = Math.max(...layer.values());
  for (const node of graph.nodes) {
    const readers = (after.get(node.key) || []).map(e => layer.get(e.target));
    if (node.kind === "constant" || (node.kind === "input" && !inside))
      if (readers.length) layer.set(node.key, Math.min(...readers) - 1);
    if (node.kind === "output" && inside) layer.set(node.key, Math.max(1, last));
  }
  return layer;
}

function groups(items, key) {
  const found = new Map();
  for (const item of items) {
    if (!found.has(key(item))) found.set(key(item), []);
    found.get(key(item)).push(item);
  }
  return found;
}

// Return heights with given distances that are nearest to wished ones: the method of
// pooling neighbours that violate the order.
function spaced(wished, distance) {
  const blocks = [];
  let offset = 0;
  wished.forEach((y, i) => {
    if (i) offset += distance(i);
    blocks.push({sum: y - offset, count: 1, offsets: [offset]});
    while (blocks.length > 1) {
      const [a, b] = blocks.slice(-2);
      if (a.sum / a.count <= b.sum / b.count) break;
      blocks.splice(-2, 2, {sum: a.sum + b.sum, count: a.count + b.count,
                            offsets: [...a.offsets, ...b.offsets]});
    }
  });
  return blocks.flatMap(b => b.offsets.map(o => b.sum / b.count + o));
}

let turned = false;

// Return {w, h, nodes, edges}: all places below a graph, from its top left corner.
function layOut(graph, folded, downwards) {
  turned = downwards;
  const found = laidOut(graph, folded);
  if (turned) mirror(found);
  return found;
}

function mirror(found) {
  [found.w, found.h] = [found.h, found.w];
  for (const p of found.nodes.values()) [p.x, p.y, p.w, p.h] = [p.y, p.x, p.h, p.w];
  for (const e of found.edges) [...e.points, e.label].forEach(point => point.reverse());
}

// `bands` are the heights that the numbers before a body's inputs need.
function laidOut(graph, folded, bands = null) {
  const slots = new Map(), into = groups(graph.edges, e => e.target);
  for (const node of graph.nodes) slots.set(node.key, slotOf(node, into, folded, bands));
  const layer = layersOf(graph, bands !== null);
  const {columns, links} = columnsOf(graph, layer, slots);
  arrange(columns, links);
  return drawnAt(graph, columns, slots, into, layer, bands !== null);
}

// Return the room of a node, and the heights at which edges enter and leave it.
function slotOf(node, into, folded, bands) {
  const edges = (into.get(node.key) || []).slice().sort((a, b) => a.place - b.place);
  const heights = new Map(edges.map(e => [e.place, labelSize(e).h]));
  if (node.body && !folded.has(node.key)) {
    const inner = laidOut(node.body, folded, heights);
    const w = Math.max(inner.w, node.symbol.length * LETTER + 50), h = inner.h + TITLE;
    const y = key => inner.nodes.get(key).y + TITLE - h / 2;
    const ports = kind => node.body.nodes.filter(n => n.kind === kind).map(n => y(n.key));
    return {node, w, h, inner, ins: ports("input"), outs: ports("output")};
  }
  const size = nodeSize(node), total = [...heights.values()].reduce((a, b) => a + b, 0);
  const ins = [];
  let top = -total / 2;
  for (const edge of edges) {
    ins[edge.place] = top + heights.get(edge.place) / 2;
    top += heights.get(edge.place);
  }
  const band = bands && node.kind === "input" ? (bands.get(node.place) || 0) : 0;
  return {node, w: size.w, h: Math.max(size.h, total, band), ins, outs: []};
}

// Return the slots by layer, and which of them are joined, with the heights of the ends.
function columnsOf(graph, layer, slots) {
  const first = Math.min(...layer.values()), columns = [], links = [];
  const column = i => columns[i - first] || (columns[i - first] = []);
  for (const node of graph.nodes) {
    const slot = slots.get(node.key);
    slot.layer = layer.get(node.key);
    column(slot.layer).push(slot);
  }
  for (const edge of graph.edges) {
    let from = slots.get(edge.source), out = from.outs[edge.out] || 0;
    const target = slots.get(edge.target);
    for (let i = layer.get(edge.source) + 1; i < target.layer; i++) {
      const key = `${edge.source}:${edge.out}@${i}`;
      let bend = slots.get(key);
      if (!bend) {
        bend = {w: 0, h: 8, ins: [0], outs: [0], layer: i, bend: true};
        slots.set(key, bend);
        column(i).push(bend);
        links.push({from, out, to: bend, into: 0});
      }
      from = bend; out = 0;
    }
    links.push({from, out, to: target, into: target.ins[edge.place] || 0});
  }
  for (let i = 0; i < columns.length; i++) columns[i] = columns[i] || [];
  return {columns, links};
}

// Give every slot its height: order the layers by their neighbours, then draw near.
function arrange(columns, links) {
  const distance = column => i => (column[i - 1].h + column[i].h) / 2 + GAP;
  for (const column of columns) {
    let y = 0;
    for (const slot of column) { slot.y = y + slot.h / 2; y += slot.h + GAP; }
    column.forEach(slot => { slot.y -= y / 2; slot.near = {left: [], right: []}; });
  }
  for (const link of links) {
    link.to.near.left.push(() => link.from.y + link.out - link.into);
    link.from.near.right.push(() => link.to.y + link.into - link.out);
  }
  const wish = (slot, sides) => {
    const near = sides.flatMap(side => slot.near[side]);
    return near.length ? mean(near.map(f => f())) : slot.y;
  };
  for (let sweep = 0; sweep < 16; sweep++) {
    const forwards = sweep % 2 === 0, sides = sweep < 12 ? [forwards ? "left" : "right"]
                                                         : ["left", "right"];
    for (const column of forwards ? columns : [...columns].reverse()) {
      const wished = new Map(column.map(slot => [slot, wish(slot, sides)]));
      if (sweep < 10) column.sort((a, b) => wished.get(a) - wished.get(b));
      const ys = spaced(column.map(slot => wished.get(slot)), distance(column));
      column.forEach((slot, i) => { slot.y = ys[i]; });
    }
  }
}

function drawnAt(graph, columns, slots, into, layer, inside) {
  const all = columns.flat();
  const top = Math.min(...all.map(s => s.y - s.h / 2)) - (inside ? 6 : MARGIN);
  const h = Math.max(...all.map(s => s.y + s.h / 2)) + (inside ? 6 : MARGIN) - top;
  const result = {nodes: new Map(), edges: [], w: 0, h};
  let x = inside ? 0 : MARGIN;
  const rights = [];
  columns.forEach((column, i) => {
    const ends = column.flatMap(s => s.node ? into.get(s.node.key) || [] : []);
    const room = Math.max(0, ...ends.map(e => labelSize(e).w));
    const start = x;
    if (i) x += 34 + Math.min(turned ? 30 : 90, steepest(ends, slots) / 5) + room;
    const w = Math.max(4, ...column.map(s => s.w));
    for (const slot of column) {
      slot.left = inside && i === 0 ? x : x + (w - slot.w) / 2;
      if (inside && i === columns.length - 1) slot.left = x + w - slot.w;
      slot.turn = x - room; // from here on an edge is straight
    }
    x += w;
    rights.push(x);
  });
  result.w = x + (inside ? 0 : MARGIN);
  for (const slot of all) if (slot.node) place(slot, top, result);
  for (const edge of graph.edges) result.edges.push(path(edge, slots, layer, rights, top, columns));
  return result;
}

function steepest(edges, slots) {
  return Math.max(0, ...edges.map(e => Math.abs(slots.get(e.source).y - slots.get(e.target).y)));
}

function place(slot, top, result) {
  const {node, w, h, inner} = slot, y = slot.y - top;
  const size = inner ? h : breadth(slot);
  result.nodes.set(node.key, {node, x: slot.left + w / 2, y, w, h: size, open: !!inner});
  if (!inner) return;
  const dx = slot.left, dy = y - h / 2 + TITLE, shift = p => [p[0] + dx, p[1] + dy];
  // outputs keep to the right border, where a long title made the box wider
  const wider = w - inner.w;
  for (const [key, p] of inner.nodes) {
    const moved = p.node.kind === "output" && !p.deep ? wider : 0;
    result.nodes.set(key, {...p, x: p.x + dx + moved, y: p.y + dy, deep: true});
  }
  for (const e of inner.edges) {
    const points = e.points.map(shift);
    if (e.toBorder && !e.deep) { points.at(-1)[0] += wider; e.label[0] += wider; }
    result.edges.push({...e, points, label: shift(e.label), deep: true});
  }
}

// Return an edge as points: pairs of a curve and a straight line.
function path(edge, slots, layer, rights, top, columns) {
  const from = slots.get(edge.source), to = slots.get(edge.target);
  const first = columns[0].length ? columns[0][0].layer : 0;
  let x = from.left + from.w, y = from.y + (from.outs[edge.out] || 0) - top;
  const points = [[x, y], [rights[from.layer - first], y]];
  for (let i = from.layer + 1; i < to.layer; i++) {
    const bend = slots.get(`${edge.source}:${edge.out}@${i}`);
    points.push([bend.turn, bend.y - top], [rights[i - first], bend.y - top]);
  }
  const offset = to.ins[edge.place] || 0, end = turned ? port(to, edge.place) : offset;
  y = to.y + offset - top;
  x = to.left + (to.inner ? 0 : notch(to, end));
  const straight = turned && !to.inner ? to.left - BEND : x;
  points.push([to.turn, y], [straight, y]);
  const labelled = points.length - 1; // which point the straight line with numbers ends at
  if (turned && !to.inner) points.push([x - 8, to.y + end - top], [x, to.y + end - top]);
  const below = to.inner ? 3 : BEND / 2; // nothing bends before a box
  const middle = turned ? [straight - labelSize(edge).w / 2 + below, y] : [x - 9, y];
  return {edge, points, label: middle, labelled, toBorder: to.node.kind === "output"};
}

// How broad a node is drawn: where numbers are above each other, all its edges end at it.
function breadth(slot) {
  const own = nodeSize(slot.node).h;
  return turned || slot.ins.length < 2 ? own : Math.max(own, slot.h);
}

// Where an edge from the top ends at a node that is narrower than its numbers.
function port(slot, place) {
  if (slot.inner) return slot.ins[place] || 0;
  const places = Object.keys(slot.ins), n = places.length;
  const step = Math.min(22, (breadth(slot) - 14) / Math.max(1, n - 1));
  return (places.indexOf(String(place)) - (n - 1) / 2) * step;
}

// How far the round side of a node is from its end at some height.
function notch(slot, offset) {
  if (slot.node.kind !== "operation") return 0;
  const h = breadth(slot);
  const r = Math.min(17, h / 2), beyond = Math.max(0, Math.abs(offset) - (h / 2 - r));
  return r - Math.sqrt(Math.max(0, r * r - beyond * beyond));
}
