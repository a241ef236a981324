// Saliency over time: a row per joint, a column per frame; a press on it goes to that frame.

class Strip {
  constructor(canvas, recording, seek) {
    this.canvas = canvas;
    this.recording = recording;
    this.seek = seek;
    for (const kind of ["pointerdown", "pointermove"]) {
      canvas.addEventListener(kind, (event) => {
        if (kind === "pointerdown") canvas.setPointerCapture(event.pointerId);
        if (event.buttons) this.seek(this.frameAt(event.offsetX));
        canvas.title = this.told(event.offsetX, event.offsetY);
      });
    }
  }

  frameAt(x) {
    const share = x / this.canvas.clientWidth;
    return Math.max(0, Math.min(this.recording.frames - 1, Math.floor(share * this.recording.frames)));
  }

  told(x, y) {
    const node = Math.floor((y / this.canvas.clientHeight) * this.recording.nodes);
    if (node < 0 || node >= this.recording.nodes) return "";
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
    pen.drawImage(this.pixels, 0, 0, width, height);
    const x = ((Math.min(time, this.recording.frames - 1) + 0.5) / this.recording.frames) * width;
    pen.fillStyle = css(colors.ink);
    pen.fillRect(x - 0.75, 0, 1.5, height);
  }
}
