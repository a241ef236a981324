// A player: one state, one camera, and as many canvases as recordings are shown at once.

const HOME = { yaw: 18, pitch: 9, zoom: 1, x: 0, y: 0 };
const VIEW_KEYS = {
  ArrowUp: (view) => turn(view, 0, 5),
  ArrowDown: (view) => turn(view, 0, -5),
  q: (view) => turn(view, -10, 0),
  e: (view) => turn(view, 10, 0),
  "+": (view) => zoom(view, 1.15),
  "=": (view) => zoom(view, 1.15),
  "-": (view) => zoom(view, 1 / 1.15),
  r: (view) => Object.assign(view, HOME),
};

class Player {
  constructor(root, alone) {
    const data = JSON.parse(root.querySelector("script").textContent);
    this.root = root;
    this.alone = alone;
    this.beside = data.beside;
    this.recordings = data.recordings.map((one) => new Recording(one, data.joints));
    this.heads = Math.max(0, ...this.recordings.map((one) => (one.attention ? one.attention.heads : 0)));
    this.view = { ...HOME };
    this.state = { time: 0, playing: false, speed: 1, recording: 0, names: false, help: false, head: -1 };
    this.state.saliency = this.recordings.some((one) => one.saliency);
    this.state.attention = this.heads > 0;
    this.build();
    this.recolor();
    this.listen();
    this.choose(0);
    this.state.time = Math.round(data.start * this.last);
    this.obey(location.hash);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (data.autoplay && !still && !/frame=/.test(location.hash)) this.play(true);
    root.dataset.ready = "true";
  }

  // -- what it is made of ----------------------------------------------------------------------------------------

  build() {
    this.controls = buildControls({ saliency: this.state.saliency, heads: this.heads });
    this.chooser = choice("Recording", this.recordings.map((one, number) => [number, one.title]));
    this.chooser.className = "tgs-chooser";
    this.cells = make("div", { class: "tgs-cells" });
    this.help = helpPanel();
    if (!this.beside && this.recordings.length > 1) this.root.append(this.chooser);
    this.root.append(this.cells, this.controls.root, this.help);
  }

  /** Shows one recording, or all of them beside each other. */
  choose(number) {
    this.state.recording = within(number, [0, this.recordings.length - 1]);
    const shown = this.beside ? this.recordings : [this.recordings[this.state.recording]];
    this.fps = shown[0].fps;
    this.last = Math.max(...shown.map((one) => one.frames)) - 1;
    this.state.time = Math.min(this.state.time, this.last);
    this.shown = shown.map((recording) => {
      const cell = buildCell(recording);
      const stage = new Stage(cell.canvas, recording);
      const strip = recording.saliency ? new Strip(cell.strip, recording, (frame) => this.seek(frame)) : null;
      const gestures = new Gestures(stage, cell, this.view, {
        changed: () => this.repaint(),
        wheels: () => this.alone || this.root.contains(document.activeElement),
      });
      return { cell, stage, strip, gestures };
    });
    this.cells.replaceChildren(...this.shown.map(({ cell }) => cell.root));
    this.root.dataset.shown = String(this.shown.length);
    this.chooser.value = String(this.state.recording);
    this.controls.scrub.max = String(this.last);
    this.sizes?.disconnect();
    this.sizes = new ResizeObserver(() => this.repaint());
    this.shown.forEach(({ cell }) => this.sizes.observe(cell.canvas));
    this.repaint();
  }

  listen() {
    const { controls } = this;
    controls.play.addEventListener("click", () => this.play(!this.state.playing));
    controls.back.addEventListener("click", () => this.step(-1));
    controls.next.addEventListener("click", () => this.step(1));
    controls.scrub.addEventListener("input", () => this.seek(Number(controls.scrub.value)));
    controls.speed.addEventListener("change", () => this.set({ speed: Number(controls.speed.value) }));
    controls.head.addEventListener("change", () => this.set({ head: Number(controls.head.value), attention: true }));
    controls.reset.addEventListener("click", () => this.look(VIEW_KEYS.r));
    for (const name of ["saliency", "attention", "names", "help"]) {
      controls[name].addEventListener("click", () => this.toggle(name));
    }
    this.chooser.addEventListener("change", () => this.choose(Number(this.chooser.value)));
    (this.alone ? document : this.root).addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("hashchange", () => this.obey(location.hash));
    const again = () => {
      this.recolor();
      this.repaint();
    };
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  recolor() {
    this.colors = readColors();
  }

  // -- what it can be told ---------------------------------------------------------------------------------------

  set(change) {
    Object.assign(this.state, change);
    this.repaint();
  }

  toggle(name) {
    if (!this.controls[name].hidden) this.set({ [name]: !this.state[name] });
  }

  look(change) {
    change(this.view);
    this.repaint();
  }

  seek(frame) {
    this.set({ time: within(frame, [0, this.last]), playing: false });
  }

  step(frames) {
    this.seek(Math.floor(this.state.time) + frames);
  }

  faster(steps) {
    const place = SPEEDS.indexOf(this.state.speed) + steps;
    this.set({ speed: SPEEDS[within(place, [0, SPEEDS.length - 1])] });
  }

  play(playing) {
    this.set({ playing });
    if (!playing || this.running) return;
    let before = null;
    const run = (now) => {
      this.running = this.state.playing;
      if (!this.running) return;
      const passed = before === null ? 0 : Math.min(0.25, (now - before) / 1000);
      before = now;
      const time = this.state.time + passed * this.fps * this.state.speed;
      this.state.time = time >= this.last + 0.999 ? 0 : time;
      this.paint();
      requestAnimationFrame(run);
    };
    this.running = true;
    requestAnimationFrame(run);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLSelectElement) return;
    if (event.key === " " && event.target instanceof HTMLButtonElement) return; // the button's own
    const ten = event.shiftKey ? 10 : 1;
    const acts = {
      " ": () => this.play(!this.state.playing),
      ArrowLeft: () => this.step(-ten),
      ArrowRight: () => this.step(ten),
      Home: () => this.seek(0),
      End: () => this.seek(this.last),
      "[": () => this.faster(-1),
      "]": () => this.faster(1),
      s: () => this.toggle("saliency"),
      a: () => this.toggle("attention"),
      n: () => this.toggle("names"),
      h: () => this.toggle("help"),
      Escape: () => this.set({ help: false }),
    };
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = VIEW_KEYS[name] ? () => this.look(VIEW_KEYS[name]) : acts[name];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  /** `#frame=10&yaw=30&recording=1&names=1`: a link to a moment and a view. */
  obey(hash) {
    const said = new URLSearchParams(hash.slice(1));
    const number = (name) => (said.get(name) === null ? NaN : Number(said.get(name)));
    if (Number.isInteger(number("recording")) && !this.beside) this.choose(number("recording"));
    for (const name of ["yaw", "pitch", "zoom"]) {
      if (Number.isFinite(number(name))) this.view[name] = number(name);
    }
    this.view.zoom = within(this.view.zoom, ZOOMS);
    for (const name of ["saliency", "attention", "names", "help"]) {
      if (said.has(name)) this.state[name] = said.get(name) === "1" && !this.controls[name].hidden;
    }
    if (Number.isInteger(number("head"))) this.state.head = within(number("head"), [-1, this.heads - 1]);
    if (SPEEDS.includes(number("speed"))) this.state.speed = number("speed");
    if (Number.isInteger(number("frame"))) this.seek(number("frame"));
    this.repaint();
  }

  // -- what it shows ---------------------------------------------------------------------------------------------

  repaint() {
    this.publish();
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      if (!this.state.playing) this.paint();
      else if (!this.running) this.play(true);
    });
  }

  paint() {
    for (const { stage, strip, gestures } of this.shown) {
      stage.resize();
      stage.draw(this.view, this.state.time, this.state, this.colors);
      strip?.draw(this.state.time, this.colors);
      gestures.tell();
    }
    this.publish();
  }

  /** The state as the page shows it: in the controls, and in attributes that scripts and tests can read. */
  publish() {
    const { controls, state, view, root } = this;
    const frame = Math.min(Math.floor(state.time), this.last);
    const seconds = (frame / this.fps).toFixed(2);
    controls.scrub.value = String(frame);
    controls.scrub.setAttribute("aria-valuetext", `frame ${frame} of ${this.last}, ${seconds} seconds`);
    controls.scrub.style.setProperty("--share", `${this.last ? (100 * frame) / this.last : 0}%`);
    controls.count.textContent = `${frame} / ${this.last} · ${seconds} s`;
    controls.speed.value = String(state.speed);
    controls.head.value = String(state.head);
    if (root.dataset.playing !== String(state.playing)) {
      controls.play.replaceChildren(icon(state.playing ? "pause" : "play"));
      controls.play.setAttribute("aria-label", state.playing ? "Pause" : "Play");
    }
    for (const name of ["saliency", "attention", "names", "help"]) {
      controls[name].setAttribute("aria-pressed", String(state[name]));
      root.dataset[name] = String(state[name]);
    }
    this.help.hidden = !state.help;
    for (const name of ["playing", "speed", "recording", "head"]) root.dataset[name] = String(state[name]);
    for (const name of ["yaw", "pitch", "zoom"]) root.dataset[name] = String(Number(view[name].toFixed(3)));
    const under = this.shown.map(({ stage }) => stage).find((stage) => stage.hovered >= 0);
    const joint = under ? under.recording.nameOf(under.hovered) : "";
    Object.assign(root.dataset, { frame: String(frame), last: String(this.last), joint });
    for (const { cell, stage } of this.shown) {
      const persons = stage.recording.persons === 1 ? "one person" : `${stage.recording.persons} persons`;
      cell.canvas.setAttribute("aria-label", `${stage.recording.title}: ${persons}, frame ${frame} of ${this.last}`);
    }
  }
}

const roots = [...document.querySelectorAll(".tgs-player")].filter((root) => !root.dataset.ready);
roots.forEach((root) => new Player(root, roots.length === 1 && root.hasAttribute("data-alone")));
