// Saliency over time: a row per joint, a column per frame, the names of the strongest before it; a press goes to a frame.

class Strip {
  constructor(canvas, recording, seek) {
    this.canvas = canvas;
    this.recording = recording;
    this.seek = seek;
    const { nodes, saliency } = recording;
    this.strongest = Array(nodes).fill(0);
    saliency.values.forEach((code, index) => {
      this.strongest[index % nodes] = Math.max(this.strongest[index % nodes], raised(code));
    });
    for (const kind of ["pointerdown", "pointermove"]) {
      canvas.addEventListener(kind, (event) => {
        if (kind === "pointerdown") canvas.setPointerCapture(event.pointerId);
        if (event.buttons) this.seek(this.frameAt(event.offsetX));
        canvas.title = this.told(event.offsetX, event.offsetY);
      });
    }
  }

  /** The room before the first frame, for names. */
  get margin() {
    return Math.min(104, 0.26 * this.canvas.clientWidth);
  }

  frameAt(x) {
    const share = Math.max(0, x - this.margin) / (this.canvas.clientWidth - this.margin);
    return Math.max(0, Math.min(this.recording.frames - 1, Math.floor(share * this.recording.frames)));
  }

  told(x, y) {
    const node = Math.floor((y / this.canvas.clientHeight) * this.recording.nodes);
    if (node < 0 || node >= this.recording.nodes) return "";
    if (x < this.margin) return this.recording.nameOf(node);
    const frame = this.frameAt(x);
    return `${this.recording.nameOf(node)}, frame ${frame}: ${this.recording.saliencyOf(frame, node).toPrecision(2)}`;
  }

  /** One pixel per value, enlarged without smoothing. */
  picture(colors) {
    const { nodes, saliency } = this.recording;
    const picture = new OffscreenCanvas(saliency.frames, nodes);
    const pen = picture.getContext("2d");
    const pixels = pen.createImageData(saliency.frames, nodes);
    saliency.values.forEach((code, index) => {
      const value = raised(code);
      const at = 4 * ((index % nodes) * saliency.frames + Math.floor(index / nodes));
      const [red, green, blue] = mixed(colors.ground, heatColor(colors, value), Math.min(1, 2 * value));
      pixels.data.set([red, green, blue, 255], at);
    });
    pen.putImageData(pixels, 0, 0);
    return picture;
  }

  draw(time, colors) {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (!width) return;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    if (this.colors !== colors) [this.colors, this.pixels] = [colors, this.picture(colors)];
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.imageSmoothingEnabled = false;
    const start = this.margin;
    pen.drawImage(this.pixels, start, 0, width - start, height);
    const share = (Math.min(time, this.recording.frames - 1) + 0.5) / this.recording.frames;
    pen.fillStyle = css(colors.ink);
    pen.fillRect(start + share * (width - start) - 0.75, 0, 1.5, height);
    this.drawNames(pen, colors, height / this.recording.nodes);
  }

  drawNames(pen, colors, rowHeight) {
    pen.font = `10px ${getComputedStyle(this.canvas).fontFamily}`;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    this.named = namedRows(this.strongest, rowHeight, 11);
    for (const row of this.named) {
      const y = nameAt(row, this.recording.nodes, rowHeight, 11);
      pen.fillStyle = css(colors.ink, 0.8);
      pen.fillText(this.shortName(row), this.margin - 6, y, this.margin - 8);
      pen.fillRect(this.margin - 4, (row + 0.5) * rowHeight - 0.5, 3, 1);
    }
    const names = this.named.map((row) => this.recording.nameOf(row)).join(", ");
    this.canvas.setAttribute("aria-label", `Saliency over time, strongest: ${names}`);
  }

  shortName(node) {
    const name = this.recording.joints[this.recording.jointOf(node)].replaceAll("_", " ");
    return this.recording.persons === 1 ? name : `${name} ${this.recording.personOf(node) + 1}`;
  }
}
