// The elements that a player is made of.

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const SHAPES = {
  play: "M7 4.5 19 12 7 19.5Z",
  pause: "M6.5 5h4v14h-4ZM13.5 5h4v14h-4Z",
  back: "M18 5v14l-9-7ZM6 5h2.2v14H6Z",
  next: "M6 5v14l9-7ZM15.8 5H18v14h-2.2Z",
  view: "M12 5a7 7 0 1 1-6.7 5h2.2A5 5 0 1 0 12 7v3L7.5 6 12 2Z",
};

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  picture.append(document.createElementNS(space, "path"));
  picture.firstChild.setAttribute("d", SHAPES[name]);
  return picture;
}

function button(label, { shape = null, text = "", toggle = false, keys = "" } = {}) {
  const title = keys ? `${label} (${keys})` : label;
  const made = make("button", { type: "button", "aria-label": label, title, class: shape ? "tgs-icon" : "tgs-word" });
  made.append(shape ? icon(shape) : text);
  if (toggle) made.setAttribute("aria-pressed", "false");
  return made;
}

function choice(label, entries) {
  const made = make("select", { "aria-label": label, title: label });
  for (const [value, text] of entries) made.append(make("option", { value, text }));
  return made;
}

const KEYS = [
  ["space", "play or pause"],
  ["← →", "a frame back or on; with shift ten"],
  ["home, end", "first or last frame"],
  ["↑ ↓, q e", "tilt and turn; or drag"],
  ["+ −", "zoom; or the wheel, or two fingers"],
  ["[ ]", "slower, faster"],
  ["s, a, n", "saliency, attention, names of joints"],
  ["r", "the view as it was"],
  ["h", "this help"],
];

function helpPanel() {
  const list = make("dl");
  for (const [keys, what] of KEYS) list.append(make("dt", { text: keys }), make("dd", { text: what }));
  return make("div", { class: "tgs-help", role: "note", "aria-label": "Keys", hidden: "" }, list);
}

/** A recording's place: heading, canvas, the name under the pointer, and the strip where there is saliency. */
function buildCell(recording) {
  const cell = {
    title: make("span", { class: "tgs-title", text: recording.title }),
    note: make("span", { class: "tgs-note", text: recording.note }),
    canvas: make("canvas", { class: "tgs-stage", role: "img", tabindex: "0" }),
    tip: make("div", { class: "tgs-tip", "aria-hidden": "true", hidden: "" }),
    strip: make("canvas", { class: "tgs-strip", role: "img", "aria-label": "Saliency over time" }),
  };
  const frame = make("div", { class: "tgs-frame" }, cell.canvas, cell.tip);
  const strip = recording.saliency ? [cell.strip] : [];
  cell.strip.style.height = `${Math.max(36, Math.min(110, 3 * recording.nodes))}px`;
  cell.root = make("figure", {}, make("figcaption", {}, cell.title, cell.note), frame, ...strip);
  return cell;
}

const SPEEDS = [0.25, 0.5, 1, 2, 4];

/** The row of buttons, and what must be reached in it. */
function buildControls({ saliency, heads }) {
  const parts = {
    back: button("A frame back", { shape: "back", keys: "←" }),
    play: button("Play", { shape: "play", keys: "space" }),
    next: button("A frame on", { shape: "next", keys: "→" }),
    scrub: make("input", { type: "range", min: "0", step: "1", value: "0", "aria-label": "Frame" }),
    count: make("output", { class: "tgs-count" }),
    speed: choice("Speed", SPEEDS.map((speed) => [speed, `${speed}×`])),
    saliency: button("Show saliency", { text: "Saliency", toggle: true, keys: "s" }),
    attention: button("Show attention", { text: "Attention", toggle: true, keys: "a" }),
    head: choice("Attention head", [[-1, "all heads"], ...[...Array(heads).keys()].map((one) => [one, `head ${one + 1}`])]),
    names: button("Show names of joints", { text: "Names", toggle: true, keys: "n" }),
    reset: button("The view as it was", { shape: "view", keys: "r" }),
    help: button("Keys", { text: "?", toggle: true, keys: "h" }),
  };
  parts.speed.value = "1";
  parts.saliency.hidden = !saliency;
  parts.attention.hidden = heads === 0;
  parts.head.hidden = heads < 2;
  const time = make("div", { class: "tgs-time" }, parts.back, parts.play, parts.next, parts.scrub, parts.count);
  const more = make("div", { class: "tgs-more" }, parts.speed, parts.saliency, parts.attention, parts.head);
  more.append(parts.names, parts.reset, parts.help);
  parts.root = make("div", { class: "tgs-controls", role: "group", "aria-label": "Player" }, time, more);
  return parts;
}
