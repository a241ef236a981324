// Recordings as the page holds them: bytes to numbers, in the space of the view.
//
// View space is right-handed: x to the right, y up, z toward the reader, in the recording's own unit.

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** A number between two neighbors of a sorted list of samples. */
function quantile(sorted, share) {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

const ASIDE = 40; // degrees; further round, a camera that was not level makes people lean

/** The turn that brings the longest way of places on the floor across the view, or nearer to it; 0: they are round. */
function facing(places) {
  const count = Math.max(1, places.length);
  const [x, z] = [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / count);
  let [xx, xz, zz] = [0, 0, 0];
  for (const place of places) {
    const [dx, dz] = [place[0] - x, place[1] - z];
    [xx, xz, zz] = [xx + dx * dx, xz + dx * dz, zz + dz * dz];
  }
  const spread = Math.hypot(xx - zz, 2 * xz);
  const across = (90 / Math.PI) * Math.atan2(2 * xz, xx - zz);
  return spread < 0.3 * (xx + zz) ? 0 : Math.max(-ASIDE, Math.min(ASIDE, across));
}

function raised(code) {
  return (code / 255) ** 0.6;
}

class Recording {
  constructor(data, joints) {
    Object.assign(this, {
      title: data.title,
      note: data.note,
      fps: data.fps,
      frames: data.frames,
      persons: data.persons,
      parents: data.parents,
      joints: joints,
      flat: data.flip[2] === 0,
      flip: data.flip,
    });
    this.nodes = this.persons * joints.length;
    this.head = joints.indexOf("head");
    this.left = joints.map((name) => /^left|[_ ]left/.test(name));
    this.pos = this.readPositions(data);
    this.shown = data.shown === null ? null : bytesOf(data.shown);
    this.saliency = data.saliency && { ...data.saliency, values: bytesOf(data.saliency.values) };
    this.attention = data.attention && { ...data.attention, values: bytesOf(data.attention.values) };
    this.box = this.measure();
  }

  readPositions({ low, step, flip, pos }) {
    const codes = new Uint16Array(bytesOf(pos).buffer); // [T, N, D]
    const dims = low.length;
    const out = new Float32Array((codes.length / dims) * 3); // [T, N, 3]
    for (let row = 0; row < codes.length / dims; row++) {
      for (let axis = 0; axis < dims; axis++) {
        out[row * 3 + axis] = flip[axis] * (low[axis] + step[axis] * codes[row * dims + axis]);
      }
    }
    return out;
  }

  /** 0: not there; else 0.12 (a joint that nobody saw) to 1 (certain). */
  strength(frame, node) {
    if (this.shown === null) return 1;
    const code = this.shown[frame * this.nodes + node];
    return code === 0 ? 0 : 0.12 + (0.88 * (code - 1)) / 254;
  }

  score(frame, node) {
    return this.shown === null ? null : (this.shown[frame * this.nodes + node] - 1) / 254;
  }

  point(frame, node) {
    const at = (frame * this.nodes + node) * 3;
    return [this.pos[at], this.pos[at + 1], this.pos[at + 2]];
  }

  /** Between two frames; a person who is in one of them only stays where that one has it. */
  between(time, node) {
    const frame = Math.min(Math.floor(time), this.frames - 1);
    const next = Math.min(frame + 1, this.frames - 1);
    const share = time - frame;
    const here = this.point(frame, node);
    if (share <= 0 || next === frame || this.strength(frame, node) === 0 || this.strength(next, node) === 0) return here;
    const there = this.point(next, node);
    return here.map((value, axis) => value + share * (there[axis] - value));
  }

  /** Middle, half sizes and floor of what is there, without the few joints that fly away. */
  measure() {
    const samples = [[], [], []];
    for (let frame = 0; frame < this.frames; frame++) {
      for (let node = 0; node < this.nodes; node++) {
        if (this.strength(frame, node) === 0) continue;
        this.point(frame, node).forEach((value, axis) => samples[axis].push(value));
      }
    }
    const places = samples[0].map((value, index) => [value, samples[2][index]]);
    if (!samples[0].length) samples.forEach((list) => list.push(0));
    samples.forEach((list) => list.sort((one, two) => one - two));
    const low = samples.map((list) => quantile(list, 0.003));
    const high = samples.map((list) => quantile(list, 0.997));
    const half = low.map((value, axis) => (high[axis] - value) / 2);
    const size = Math.max(...half) || 1;
    return {
      center: low.map((value, axis) => (value + high[axis]) / 2),
      facing: this.flat ? 0 : facing(places),
      across: Math.max(half[0], half[2], 0.42 * half[1], 0.05 * size),
      up: Math.max(half[1], 0.3 * Math.max(half[0], half[2]), 0.05 * size),
      floor: low[1],
      body: this.bodySize() || size,
    };
  }

  /** The length of all bones of a person together: how large a body is, whatever its pose. */
  bodySize() {
    const lengths = [];
    for (let frame = 0; frame < this.frames; frame += 1 + Math.floor(this.frames / 20)) {
      for (let person = 0; person < this.persons; person++) {
        const start = person * this.joints.length;
        if (this.strength(frame, start) === 0) continue;
        let sum = 0;
        this.parents.forEach((parent, joint) => {
          const [one, two] = [this.point(frame, start + joint), this.point(frame, start + parent)];
          sum += Math.hypot(one[0] - two[0], one[1] - two[1], one[2] - two[2]);
        });
        lengths.push(sum);
      }
    }
    return lengths.length ? quantile(lengths.sort((one, two) => one - two), 0.5) / 2.6 : 0;
  }

  /** 0 to 1 of the largest, raised so that the lesser half is seen; maps of other frames than the recording's are stretched over it. */
  saliencyAt(frame, node) {
    const { frames, values } = this.saliency;
    return raised(values[this.stretched(frame, frames) * this.nodes + node]);
  }

  /** The value itself, as it was given. */
  saliencyOf(frame, node) {
    const { frames, values, top } = this.saliency;
    return (values[this.stretched(frame, frames) * this.nodes + node] / 255) * top;
  }

  /** What `node` attends to, 0 to 1 for each node; head -1 is the mean of all heads. */
  attentionAt(frame, node, head) {
    const { heads, frames, values } = this.attention;
    const row = new Float32Array(this.nodes);
    const chosen = head < 0 ? [...Array(heads).keys()] : [Math.min(head, heads - 1)];
    for (const one of chosen) {
      const start = ((one * frames + this.stretched(frame, frames)) * this.nodes + node) * this.nodes;
      for (let other = 0; other < this.nodes; other++) row[other] += values[start + other] / 255 / chosen.length;
    }
    return row;
  }

  stretched(frame, frames) {
    return Math.min(Math.floor(((frame + 0.5) * frames) / this.frames), frames - 1);
  }

  jointOf(node) {
    return node % this.joints.length;
  }

  personOf(node) {
    return Math.floor(node / this.joints.length);
  }

  nameOf(node) {
    const joint = this.joints[this.jointOf(node)].replaceAll("_", " ");
    return this.persons > 1 ? `${joint}, person ${this.personOf(node) + 1}` : joint;
  }
}
