// One canvas: a recording at one moment, seen by a camera that all canvases of a player share.

const FAR = 5; // the camera's distance, in half sizes of what it looks at

class Stage {
  constructor(canvas, recording) {
    this.canvas = canvas;
    this.recording = recording;
    this.hovered = -1;
    this.nodes = [];
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = this.canvas.getBoundingClientRect();
    [this.width, this.height] = [width, height];
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    this.pen = this.canvas.getContext("2d");
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  /** Where the camera stands; `project` goes by it. */
  aim(view) {
    const { center, across, up, facing } = this.recording.box;
    const flat = this.recording.flat;
    const [yaw, pitch] = flat ? [0, 0] : [((view.yaw + facing) * Math.PI) / 180, (view.pitch * Math.PI) / 180];
    const room = flat ? 0.84 : 0.74;
    this.camera = {
      center,
      sin: [Math.sin(yaw), Math.sin(pitch)],
      cos: [Math.cos(yaw), Math.cos(pitch)],
      far: FAR * Math.max(across, up),
      scale: view.zoom * room * Math.min(this.width / 2 / across, this.height / 2 / up),
      x: this.width / 2,
      y: this.height * 0.49,
    };
  }

  /** Moves the camera so that the head stays in view however near it is, and then as far as somebody moved it. */
  follow(view, moment) {
    const { recording, frame } = this;
    const joint = recording.head < 0 ? recording.joints.indexOf("nose") : recording.head;
    const nodes = [...Array(joint < 0 ? 0 : recording.persons).keys()].map((one) => one * recording.joints.length + joint);
    const head = nodes.find((node) => recording.strength(frame, node) > 0);
    if (head !== undefined) {
      const { x, y } = this.project(recording.between(moment, head));
      this.camera.x += within(x, [0.15 * this.width, 0.85 * this.width]) - x;
      this.camera.y += within(y, [0.12 * this.height, 0.88 * this.height]) - y;
    }
    this.camera.x += view.x * this.width;
    this.camera.y += view.y * this.height;
  }

  /** Pixels, and how much nearer than the middle: 1 is the middle, larger is nearer. */
  project([x, y, z]) {
    const { center, sin, cos, far, scale } = this.camera;
    const [a, b, c] = [x - center[0], y - center[1], z - center[2]];
    const right = a * cos[0] + c * sin[0];
    const deep = c * cos[0] - a * sin[0];
    const high = b * cos[1] - deep * sin[1];
    const depth = b * sin[1] + deep * cos[1];
    const near = this.recording.flat ? 1 : far / Math.max(far - depth, 0.08 * far);
    return { x: this.camera.x + right * near * scale, y: this.camera.y - high * near * scale, near };
  }

  draw(view, time, show, colors) {
    const moment = Math.min(time, this.recording.frames - 1);
    this.frame = Math.floor(moment);
    this.show = show;
    this.colors = colors;
    this.aim(view);
    this.follow(view, moment);
    this.unit = Math.max(1.1, Math.min(9, (this.camera.scale * this.recording.box.body) / 60));
    this.pen.clearRect(0, 0, this.width, this.height);
    this.place(moment);
    if (!this.recording.flat) this.drawFloor();
    if (this.hovered >= 0) this.drawPath(this.hovered);
    this.drawBodies();
    if (show.attention && this.recording.attention) this.drawAttention();
    if (show.names) drawNames(this);
  }

  place(moment) {
    this.nodes = [];
    for (let node = 0; node < this.recording.nodes; node++) {
      const strength = this.recording.strength(this.frame, node);
      const space = this.recording.between(moment, node);
      this.nodes.push({ node, strength, space, ...this.project(space) });
    }
  }

  // -- the floor -------------------------------------------------------------------------------------------------

  drawFloor() {
    const { box } = this.recording;
    const reach = 2.4 * Math.max(box.across, 0.7 * box.up);
    const step = niceStep(reach / 3.5);
    const [left, back] = [box.center[0], box.center[2]].map((value) => Math.round(value / step) * step);
    const lines = Math.ceil(reach / step);
    const fade = (x, z) => Math.max(0, 1 - Math.hypot(x - box.center[0], z - box.center[2]) / reach) ** 1.2;
    this.pen.lineWidth = 1;
    this.pen.lineCap = "butt";
    for (let line = -lines; line <= lines; line++) {
      for (let piece = -lines; piece < lines; piece += 0.5) {
        const along = [piece * step, (piece + 0.5) * step];
        this.drawFloorPiece(along.map((value) => [left + value, back + line * step]), fade);
        this.drawFloorPiece(along.map((value) => [left + line * step, back + value]), fade);
      }
    }
    this.drawShadows();
  }

  drawFloorPiece(ends, fade) {
    const alpha = (fade(...ends[0]) + fade(...ends[1])) / 2;
    if (alpha < 0.02) return;
    this.line(...ends.map(([x, z]) => this.project([x, this.recording.box.floor, z])));
    this.pen.strokeStyle = css(this.colors.faint, 0.5 * alpha);
    this.pen.stroke();
  }

  drawShadows() {
    if (this.camera.sin[1] < 0.01) return;
    const ground = ({ space }) => this.project([space[0], this.recording.box.floor, space[2]]);
    this.pen.lineCap = "round";
    this.pen.strokeStyle = css(this.colors.shadow, this.colors.dark ? 0.095 : 0.024);
    for (const width of [8.4, 7.4, 6.4, 5.4, 4.4, 3.4, 2.4]) {
      this.pen.beginPath(); // one path, so that limbs do not darken each other
      for (const ends of this.bones()) {
        const [one, two] = ends.map(ground);
        this.pen.moveTo(one.x, one.y);
        this.pen.lineTo(two.x, two.y);
      }
      this.pen.lineWidth = width * this.unit;
      this.pen.stroke();
    }
  }

  // -- the bodies ------------------------------------------------------------------------------------------------

  bones() {
    const joints = this.recording.joints.length;
    const pairs = this.nodes.map((child) => {
      const start = this.recording.personOf(child.node) * joints;
      return [child, this.nodes[start + this.recording.parents[this.recording.jointOf(child.node)]]];
    });
    return pairs.filter(([child, parent]) => child !== parent && child.strength > 0 && parent.strength > 0);
  }

  drawBodies() {
    const things = this.bones().map(([child, parent]) => ({
      near: (child.near + parent.near) / 2,
      draw: () => this.drawBone(child, parent),
    }));
    for (const place of this.nodes) {
      const isHead = this.recording.jointOf(place.node) === this.recording.head;
      const near = place.near * (isHead ? 1.012 : 1.0005); // before its own bones, the head before the neck
      if (place.strength > 0) things.push({ near, draw: () => this.drawJoint(place) });
    }
    things.sort((one, two) => one.near - two.near);
    things.forEach((thing) => thing.draw());
  }

  /** A person's color; the left side is lighter, what is far away or doubtful goes toward the ground. */
  bodyColor({ node, near, strength }) {
    const { persons, ground, faint } = this.colors;
    let color = persons[this.recording.personOf(node) % persons.length];
    if (this.recording.left[this.recording.jointOf(node)]) color = mixed(color, ground, 0.34);
    if (this.show.saliency && this.recording.saliency) color = mixed(color, faint, 0.72);
    const fog = Math.max(0, Math.min(0.5, (1.04 - near) * 2.2));
    return mixed(mixed(color, ground, fog), ground, 0.75 * (1 - strength));
  }

  drawBone(child, parent) {
    const width = 1.65 * this.unit * ((child.near + parent.near) / 2) ** 2;
    this.pen.lineCap = "butt"; // the gap around what is in front must not cut the limb from its own joints
    this.line(toward(child, parent, 0.16), toward(parent, child, 0.16));
    this.pen.lineWidth = width + 1.2 * this.unit;
    this.pen.strokeStyle = css(this.colors.ground, 0.9);
    this.pen.stroke();
    this.pen.lineCap = "round";
    const paler = child.strength < parent.strength ? child.strength : parent.strength;
    this.line(child, parent);
    this.pen.lineWidth = width;
    this.pen.strokeStyle = css(this.bodyColor({ ...child, strength: paler, near: (child.near + parent.near) / 2 }));
    if (paler < 0.2) this.pen.setLineDash([0.1, 3 * this.unit]); // dots
    this.pen.stroke();
    this.pen.setLineDash([]);
  }

  drawJoint(place) {
    const { recording, colors, unit } = this;
    const isHead = recording.jointOf(place.node) === recording.head;
    let radius = (isHead ? 3.3 : 1.25) * unit * place.near ** 2;
    let color = this.bodyColor(place);
    const heated = this.show.saliency && recording.saliency;
    if (heated) {
      const value = recording.saliencyAt(this.frame, place.node);
      radius = Math.max(isHead ? radius : 0, (0.9 + 3.1 * value) * unit * place.near);
      color = heatColor(colors, value);
    }
    this.disc(place, radius, css(color));
    if (isHead || heated) {
      this.pen.lineWidth = Math.max(1, 0.35 * unit);
      this.pen.strokeStyle = css(colors.ground, 0.9);
      this.pen.stroke();
    }
    if (place.node === this.hovered) {
      this.disc(place, radius + 2.5, null);
      this.pen.lineWidth = 1.6;
      this.pen.strokeStyle = css(colors.ink);
      this.pen.stroke();
    }
  }

  /** Where a joint goes within the second around this frame. */
  drawPath(node) {
    const { recording } = this;
    for (let frame = this.frame - 15; frame < this.frame + 15; frame++) {
      if (frame < 0 || frame + 1 >= recording.frames) continue;
      if (!recording.strength(frame, node) || !recording.strength(frame + 1, node)) continue;
      this.line(this.project(recording.point(frame, node)), this.project(recording.point(frame + 1, node)));
      this.pen.lineWidth = 1.5;
      this.pen.strokeStyle = css(this.colors.ink, 0.55 * (1 - Math.abs(frame - this.frame) / 16));
      this.pen.stroke();
    }
  }

  // -- attention -------------------------------------------------------------------------------------------------

  /** The strongest links, or those of the joint under the pointer; a ring is a joint that attends to itself. */
  drawAttention() {
    const links = [];
    for (const place of this.nodes) {
      if (place.strength === 0 || (this.hovered >= 0 && place.node !== this.hovered)) continue;
      this.recording.attentionAt(this.frame, place.node, this.show.head).forEach((weight, other) => {
        if (weight > 0.08 && this.nodes[other].strength > 0) links.push([weight, place, this.nodes[other]]);
      });
    }
    links.sort((one, two) => two[0] - one[0]);
    for (const [weight, one, two] of links.slice(0, 28).reverse()) {
      this.pen.lineWidth = 0.5 + 1.6 * this.unit * weight;
      this.pen.strokeStyle = css(this.colors.link, 0.08 + 0.62 * weight);
      if (one === two) this.disc(one, 2.4 * this.unit, null);
      else this.bow(one, two);
      this.pen.stroke();
    }
  }

  /** The node under the pointer, the nearer one of two; -1: none. */
  pick(x, y, reach = 14) {
    let [best, least] = [-1, reach];
    for (const place of this.nodes) {
      const distance = Math.hypot(place.x - x, place.y - y) / place.near ** 3;
      if (place.strength > 0 && distance < least) [best, least] = [place.node, distance];
    }
    return best;
  }

  line(one, two) {
    this.pen.beginPath();
    this.pen.moveTo(one.x, one.y);
    this.pen.lineTo(two.x, two.y);
  }

  bow(one, two) {
    const [dx, dy] = [two.x - one.x, two.y - one.y];
    this.pen.beginPath();
    this.pen.moveTo(one.x, one.y);
    this.pen.quadraticCurveTo((one.x + two.x) / 2 - 0.18 * dy, (one.y + two.y) / 2 + 0.18 * dx, two.x, two.y);
  }

  disc({ x, y }, radius, fill) {
    this.pen.beginPath();
    this.pen.arc(x, y, radius, 0, 2 * Math.PI);
    if (fill === null) return;
    this.pen.fillStyle = fill;
    this.pen.fill();
  }
}

/** A share of the way from one place to another. */
function toward(one, two, share) {
  return { x: one.x + share * (two.x - one.x), y: one.y + share * (two.y - one.y) };
}

/** 1, 2 or 5 times a power of ten, not above `size`. */
function niceStep(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * [5, 2, 1].find((factor) => factor * power <= size * 1.0001);
}
