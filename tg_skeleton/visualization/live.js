// A page that is told what a camera sees: one frame after another comes through a socket, and is drawn as it comes.

const BARS = 5;
const CALM = 0.6; // seconds in which the view goes most of the way to where people are
const HURRY = 0.12; // the same where somebody is not in it

/** What a stage draws: the persons of the latest frame. */
class Living {
  constructor({ joints, parents, flat }) {
    Object.assign(this, { joints, parents, flat, frames: 1, persons: 0, nodes: 0 });
    this.head = joints.indexOf("head") < 0 ? joints.indexOf("nose") : joints.indexOf("head");
    this.left = joints.map((name) => /^left|[_ ]left/.test(name));
    this.flip = flat ? [1, 1, 0] : [-1, 1, -1];
    this.ids = [];
    this.places = [];
    this.scores = [];
    const half = flat ? 0.5 : 1.1;
    this.box = { center: flat ? [0, 0, 0] : [0, 0, -3], facing: 0, across: half, up: half, floor: flat ? -0.5 : -1, body: half };
  }

  take(bodies) {
    this.ids = bodies.map((body) => body.id);
    this.persons = bodies.length;
    this.nodes = bodies.length * this.joints.length;
    this.places = bodies.flatMap((body) => body.pos).map((place) => this.flip.map((sign, axis) => sign * (place[axis] ?? 0)));
    this.scores = bodies.flatMap((body) => body.score);
    if (!this.flat) this.follow();
  }

  /** The view goes after the persons: slowly, but to who is not in it. */
  follow(now = performance.now()) {
    const seen = this.places.filter((_, node) => this.scores[node] > 0);
    if (!seen.length) return;
    const low = [0, 1, 2].map((axis) => Math.min(...seen.map((place) => place[axis])));
    const high = [0, 1, 2].map((axis) => Math.max(...seen.map((place) => place[axis])));
    const { box } = this;
    const out = [box.across, box.up, box.across].some((half, axis) => Math.max(high[axis] - box.center[axis], box.center[axis] - low[axis]) > half);
    const passed = Math.min((now - (this.met ?? -Infinity)) / 1000, 60);
    const share = 1 - Math.exp(-passed / (out ? HURRY : CALM));
    this.met = now;
    const toward = (from, wanted) => from + share * (wanted - from);
    box.center = box.center.map((from, axis) => toward(from, (low[axis] + high[axis]) / 2));
    box.up = toward(box.up, Math.max(0.9, 0.55 * (high[1] - low[1])));
    box.across = toward(box.across, Math.max(0.9, 0.55 * (high[0] - low[0]), 0.55 * (high[2] - low[2])));
    box.floor = toward(box.floor, low[1]);
    box.body = 1.1;
  }

  strength(frame, node) {
    return this.scores[node] > 0 ? 0.12 + 0.88 * this.scores[node] : 0;
  }

  score(frame, node) {
    return this.scores[node];
  }

  point(frame, node) {
    return this.places[node];
  }

  between(moment, node) {
    return this.places[node];
  }

  jointOf(node) {
    return node % this.joints.length;
  }

  personOf(node) {
    return Math.floor(node / this.joints.length);
  }

  nameOf(node) {
    const joint = this.joints[this.jointOf(node)].replaceAll("_", " ");
    return this.persons > 1 ? `${joint}, person ${this.ids[this.personOf(node)]}` : joint;
  }
}

class Page {
  constructor(facts) {
    const find = (name) => document.querySelector(`.tgs-live-${name}`);
    this.parts = { state: find("state"), facts: find("facts"), bars: find("bars") };
    this.view = { yaw: 0, pitch: 12, zoom: 1, x: 0, y: 0 };
    this.cell = { canvas: document.querySelector(".tgs-stage"), tip: document.querySelector(".tgs-tip") };
    this.stage = new Stage(this.cell.canvas, new Living(facts));
    this.gestures = new Gestures(this.stage, this.cell, this.view, { changed: () => this.ask(), wheels: () => true });
    this.makeBars();
    this.count = 0;
    window.addEventListener("resize", () => this.ask());
    window.addEventListener("keydown", (event) => this.key(event));
    new MutationObserver(() => this.ask()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.ask();
  }

  makeBars() {
    this.bars = [...Array(BARS).keys()].map(() => {
      const [row, name, track, fill, value] = ["li", "span", "div", "div", "span"].map((tag) => document.createElement(tag));
      [name.className, track.className, fill.className, value.className] = ["tgs-name", "tgs-track", "tgs-fill", "tgs-value"];
      track.append(fill);
      row.append(name, track, value);
      row.hidden = true;
      this.parts.bars.append(row);
      return { row, name, fill, value };
    });
  }

  /** A frame: persons, classes with probabilities, frames a second and milliseconds since the picture was taken. */
  take({ persons, classes, fps, delay, frame }) {
    this.count += 1;
    this.stage.recording.take(persons);
    this.bars.forEach(({ row, name, fill, value }, place) => {
      row.hidden = place >= classes.length;
      if (row.hidden) return;
      const [label, probability] = classes[place];
      name.textContent = label;
      fill.style.width = `${(100 * probability).toFixed(1)}%`;
      value.textContent = probability.toFixed(2);
    });
    const who = persons.length === 1 ? "1 person" : `${persons.length || "no"} persons`;
    this.parts.facts.textContent = `${who} · ${fps.toFixed(1)} frames a second · ${Math.round(delay)} ms behind · frame ${frame}`;
    this.ask();
  }

  key(event) {
    const turns = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, 8], ArrowDown: [0, -8] }[event.key];
    if (turns) turn(this.view, ...turns);
    else if (event.key === "0") Object.assign(this.view, { yaw: 0, pitch: 12, zoom: 1, x: 0, y: 0 });
    else if (event.key === "n") this.names = !this.names;
    else return;
    event.preventDefault();
    this.ask();
  }

  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.stage.resize();
      this.stage.draw(this.view, 0, { names: this.names }, readColors());
      this.gestures.tell();
    });
  }
}

function listen() {
  const state = document.querySelector(".tgs-live-state");
  const socket = new WebSocket(`ws://${location.host}/live`);
  let page = window.tgsLive ?? null;
  socket.addEventListener("open", () => (state.textContent = ""));
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.joints) page = window.tgsLive ??= new Page(message);
    else page.take(message);
  });
  socket.addEventListener("close", () => {
    state.textContent = "The camera is not being watched any more; this page waits for it.";
    setTimeout(listen, 1500);
  });
}

listen();
