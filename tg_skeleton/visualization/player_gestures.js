// Mouse, wheel and fingers on a canvas: turn, move, zoom, and the joint under the pointer.

const ZOOMS = [0.3, 8];

function within(value, [low, high]) {
  return Math.max(low, Math.min(high, value));
}

function turn(view, yaw, pitch) {
  view.yaw = ((((view.yaw + yaw + 180) % 360) + 360) % 360) - 180;
  view.pitch = within(view.pitch + pitch, [-20, 89]);
}

function zoom(view, factor) {
  view.zoom = within(view.zoom * factor, ZOOMS);
}

function move(view, x, y) {
  view.x = within(view.x + x, [-2, 2]);
  view.y = within(view.y + y, [-2, 2]);
}

class Gestures {
  /** `changed` paints again; `wheels` says whether the wheel is ours, or the page's to scroll by. */
  constructor(stage, cell, view, { changed, wheels }) {
    Object.assign(this, { stage, cell, view, changed, wheels });
    this.fingers = new Map();
    const { canvas } = cell;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const kind of ["pointerup", "pointercancel", "pointerleave"]) {
      canvas.addEventListener(kind, (event) => this.release(event));
    }
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("dblclick", () => {
      Object.assign(view, { zoom: 1, x: 0, y: 0 });
      changed();
    });
  }

  press(event) {
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (event.isTrusted) this.cell.canvas.setPointerCapture(event.pointerId);
    this.hover(-1);
  }

  drag(event) {
    const before = this.fingers.get(event.pointerId);
    if (before === undefined) {
      this.hover(this.stage.pick(event.offsetX, event.offsetY));
      return;
    }
    const now = [event.clientX, event.clientY];
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    const { width, height } = this.stage;
    if (this.fingers.size === 2) {
      const other = [...this.fingers].find(([id]) => id !== event.pointerId)[1];
      const apart = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]);
      zoom(this.view, apart(now) / Math.max(1, apart(before)));
      move(this.view, dx / width / 2, dy / height / 2);
    } else if (event.shiftKey || event.buttons === 2 || this.stage.recording.flat) {
      move(this.view, dx / width, dy / height);
    } else {
      turn(this.view, (180 * dx) / width, (120 * dy) / height);
    }
    this.fingers.set(event.pointerId, now);
    this.changed();
  }

  release(event) {
    this.fingers.delete(event.pointerId);
    if (event.type === "pointerleave") this.hover(-1);
  }

  wheel(event) {
    if (!event.ctrlKey && !this.wheels()) return;
    event.preventDefault();
    zoom(this.view, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)));
    this.changed();
  }

  hover(node) {
    if (node === this.stage.hovered) return;
    this.stage.hovered = node;
    this.changed();
  }

  /** Writes the name of the joint under the pointer beside it. */
  tell() {
    const { stage, cell } = this;
    const place = stage.nodes[stage.hovered];
    cell.tip.hidden = place === undefined || place.strength === 0;
    if (cell.tip.hidden) return;
    cell.tip.textContent = this.said(place.node);
    const left = within(place.x + 14, [4, Math.max(4, stage.width - cell.tip.offsetWidth - 4)]);
    cell.tip.style.transform = `translate(${left}px, ${Math.max(4, place.y - 34)}px)`;
  }

  said(node) {
    const { recording, frame } = this.stage;
    const space = recording.point(frame, node).map((value, axis) => value * recording.flip[axis]);
    const told = [recording.nameOf(node), space.slice(0, recording.flat ? 2 : 3).map((one) => one.toFixed(2)).join(" ")];
    const score = recording.score(frame, node);
    if (score !== null) told.push(`score ${score.toFixed(2)}`);
    if (recording.saliency) told.push(`saliency ${recording.saliencyOf(frame, node).toPrecision(2)}`);
    return told.join(" · ");
  }
}
